#!/usr/bin/env python3
"""Each rule of rules.py is seen to fail: on a small tree that is right but for one thing."""

import pathlib
import shutil
import tempfile
import unittest

import rules

RIGHT = {
    "supervisor/CMakeLists.txt": "berth_folder(base)\nberth_folder(plan USES base)\n"
                                 "berth_folder(daemon USES plan)\n",
    "supervisor/base/a.h": "// What a is.\n#pragma once\n\n#include <vector>\n",
    "supervisor/plan/p.cpp": "// What p is.\n#include <vector>\n\n"
                             "#include \"supervisor/base/a.h\"\n",
    "supervisor/daemon/d.cpp": "// What d is.\n#include <uv.h>\n\n"
                               "#include \"supervisor/base/a.h\"\n",
    "README.md": "See `supervisor/base/a.h` and [it](supervisor/base/a.h).\n",
}


class Rules(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="berth-tidy-"))
        self.addCleanup(shutil.rmtree, self.root)

    def findings(self, rule, changed):
        for name, text in (RIGHT | changed).items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return list(rule(rules.Tree(self.root)))

    def assert_found(self, rule, changed, words):
        found = self.findings(rule, changed)
        self.assertEqual(1, len(found), found)
        self.assertIn(words, found[0])

    def test_the_right_tree_is_right(self):
        for rule in rules.RULES:
            with self.subTest(rule.__name__):
                self.assertEqual([], self.findings(rule, {}))

    def test_a_wrong_arrow(self):
        self.assert_found(rules.layering, {
            "supervisor/base/b.h": "// b\n#include \"supervisor/plan/p.cpp\"\n"},
            "base/b.h:2: base may not include plan")

    def test_a_file_of_a_folder_of_which_another_one_is_allowed(self):
        self.assert_found(rules.layering, {
            "supervisor/execute/executor.h": "// e\n",
            "supervisor/runtime/r.cpp": "// r\n#include \"supervisor/execute/executor.h\"\n"},
            "runtime may not include execute")

    def test_an_arrow_written_without_its_folder(self):
        self.assert_found(rules.layering, {"supervisor/base/b.cpp": "// b\n#include \"a.h\"\n"},
                          "are written")

    def test_a_library_in_the_wrong_folder(self):
        self.assert_found(rules.layering, {"supervisor/base/b.cpp": "// b\n#include <uv.h>\n"},
                          "base may not use <uv.h>: only daemon may")

    def test_a_heavy_library_in_a_header(self):
        self.assert_found(rules.layering, {
            "supervisor/daemon/d.h": "// d\n#pragma once\n#include <spdlog/spdlog.h>\n"},
            "in .cpp files alone")

    def test_a_system_header_in_a_pure_folder(self):
        self.assert_found(rules.layering, {"supervisor/plan/q.cpp": "// q\n#include <unistd.h>\n"},
                          "plan is pure")

    def test_a_folder_that_the_table_does_not_know(self):
        self.assert_found(rules.layering, {"supervisor/misc/m.cpp": "// m\n"}, "layers.toml")

    def test_a_file_without_a_word_about_itself(self):
        self.assert_found(rules.files_explain_themselves,
                          {"supervisor/base/b.cpp": "int b;\n"}, "base/b.cpp:1")

    def test_a_header_without_a_word_about_itself(self):
        self.assert_found(rules.files_explain_themselves,
                          {"supervisor/base/a.h": "#pragma once\n"}, "base/a.h:1")

    def test_a_source_that_its_header_explains(self):
        self.assertEqual([], self.findings(rules.files_explain_themselves,
                                           {"supervisor/base/a.cpp": "int a;\n"}))

    def test_a_long_file(self):
        self.assert_found(rules.files_are_short,
                          {"supervisor/base/b.cpp": "// b\n" * (rules.LINES_MAX + 1)}, "concern")

    def test_a_source_that_is_not_built(self):
        self.assert_found(rules.sources_are_built,
                          {"supervisor/base/deep/b.cpp": "// b\n"}, "is in no library")

    def test_a_header_that_nothing_includes(self):
        self.assert_found(rules.headers_are_used,
                          {"supervisor/base/b.h": "// b\n#pragma once\n"}, "nothing includes it")

    def test_a_stale_path_in_a_document(self):
        self.assert_found(rules.documents_are_true,
                          {"docs/a.md": "Look into `supervisor/base/gone.h`.\n"}, "gone.h")

    def test_a_link_that_leads_nowhere(self):
        self.assert_found(rules.documents_are_true,
                          {"docs/a.md": "[this](../docs/gone.md)\n"}, "leads nowhere")

    def test_a_layer_table_that_says_something_else(self):
        found = self.findings(rules.layer_table_is_documented, {
            "docs/architecture.md": "| `plan/` | the core | `daemon` |\n"})
        self.assertTrue(any("row of `plan`" in line for line in found), found)

    def test_a_word_that_does_not_belong_here(self):
        self.assert_found(rules.words, {"docs/a.txt": "see /wo" + "rk/shared\n"}, "docs/a.txt:1")

    @unittest.skipUnless(shutil.which("clang-format-19"), "clang-format-19 is not installed")
    def test_a_file_out_of_format(self):
        self.assert_found(rules.formatted, {
            ".clang-format": "BasedOnStyle: Google\n",
            "supervisor/base/b.cpp": "// b\nint   b ;\n"}, "base/b.cpp:1")


if __name__ == "__main__":
    unittest.main()
