#!/usr/bin/env python3
"""The rules of rules.py hold for this repository."""

import pathlib
import shutil
import unittest

import rules

ROOT = pathlib.Path(__file__).resolve().parents[2]


class ThisRepository(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = rules.Tree(ROOT)

    def test_clang_format_19_is_there_to_check_the_format(self):
        self.assertTrue(shutil.which("clang-format-19"), "tests/run installs it")


def add_rule(rule):
    def test(self):
        findings = list(rule(self.tree))
        self.assertEqual([], findings, "\n" + "\n".join(findings))

    setattr(ThisRepository, f"test_{rule.__name__}", test)


for each in rules.RULES:
    add_rule(each)

if __name__ == "__main__":
    unittest.main()
