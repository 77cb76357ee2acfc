#!/usr/bin/env python3
"""The JSON Schemas and the decoder give the same verdict on one corpus of good and bad files.

Good files are those of tests/schema/good and examples/, bad ones those of tests/diagnostics. What
no schema can say (relations between values, syntax that a schema never sees) is listed with its
reason in tests/schema/beyond.toml; an entry there that is not needed fails, too.

Three validators judge: Debian's python3-jsonschema (TOML and YAML), taplo (TOML, as editors with
its language server do) and yaml-language-server (YAML, as editors do).
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import ruamel.yaml

import language_server

ROOT = pathlib.Path(__file__).resolve().parents[2]
BERTH = pathlib.Path(os.environ.get("BERTH_BIN", ROOT / "build/bin")) / "berth"
NPM = pathlib.Path(os.environ.get("BERTH_NPM", ROOT / "build/npm"))
NPM_PACKAGES = ["@taplo/cli@0.7.0", "yaml-language-server@1.15.0"]
SCHEMAS = ROOT / "config-schema"


def kind_of(path):
    if path.name == "berthd.toml" or path.parent.name == "host":
        return "host"
    return "network" if path.parent.name == "networks" else "container"


def is_definition(path):
    """Drop-ins are parts of definitions: a schema of the whole has nothing to say about them."""
    return (path.suffix in (".toml", ".yaml", ".yml")
            and not any(parent.name.endswith(".d") for parent in path.parents))


def files_below(directory):
    return sorted(path for path in directory.rglob("*") if is_definition(path))


def good_files():
    examples = [path for path in files_below(ROOT / "examples")
                if path.parent.name in ("containers", "networks") or path.name == "berthd.toml"]
    return files_below(ROOT / "tests/schema/good") + examples


def bad_files():
    """Each wrong by itself: what is wrong with a set is not in any one of its files."""
    directory = ROOT / "tests/diagnostics"
    return [path for path in files_below(directory) if (directory / "sets") not in path.parents]


def beyond():
    """{file: reason}: what the decoder refuses, and no schema can."""
    listed = tomllib.loads((ROOT / "tests/schema/beyond.toml").read_text())
    return {name: reason for reason, names in listed.items() for name in names}


def relative(path):
    return str(path.relative_to(ROOT))


def plain(value):
    """What ruamel.yaml reads, as JSON has it."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def parsed(path):
    """The file's value; None when it is no TOML or YAML at all."""
    try:
        if path.suffix == ".toml":
            return tomllib.loads(path.read_text())
        return plain(ruamel.yaml.YAML(typ="safe", pure=True).load(path.read_text()))
    except (tomllib.TOMLDecodeError, ruamel.yaml.error.YAMLError, UnicodeDecodeError, ValueError,
            RecursionError):
        return None


def schema_text(kind):
    return (SCHEMAS / f"{kind}.schema.json").read_text()


VALIDATORS = {kind: jsonschema.Draft7Validator(json.loads(schema_text(kind)))
              for kind in ("container", "network", "host")}


def schema_refuses(path):
    """The first complaint of python3-jsonschema, None when it has none."""
    value = parsed(path)
    if value is None:
        return "no value"
    return next((error.message for error in VALIDATORS[kind_of(path)].iter_errors(value)), None)


def decoder_refuses(path):
    """The errors of `berth check` about this file alone: references to other files are left out."""
    with tempfile.TemporaryDirectory() as scratch:
        directory = pathlib.Path(scratch, "networks" if kind_of(path) == "network" else "alone")
        directory.mkdir()
        copy = directory / ("berthd.toml" if kind_of(path) == "host" else path.name)
        shutil.copy(path, copy)
        told = subprocess.run([BERTH, "check", "-o", "json", copy], capture_output=True, text=True,
                              check=False)
    return [problem["text"] for problem in json.loads(told.stdout)
            if problem["severity"] == "error" and "there is no container" not in problem["problem"]
            and "there is no network" not in problem["problem"]]


def install_npm_packages():
    if all((NPM / "node_modules" / name.rpartition("@")[0]).is_dir() for name in NPM_PACKAGES):
        return
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", NPM, *NPM_PACKAGES],
                   check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=300)


def without_network(*command):
    """Runs it in a network namespace of its own, where nothing can be reached."""
    return subprocess.run(["unshare", "--net", *command], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=300, check=False)


def taplo(*arguments):
    return without_network(NPM / "node_modules/.bin/taplo", "check", "--no-auto-config",
                           "--colors", "never", *arguments)


def taplo_refuses(paths, kind):
    """Which of the files taplo finds fault with, all in one run."""
    schema = "file://" + str(SCHEMAS / f"{kind}.schema.json")
    told = taplo("--schema", schema, *paths).stderr
    found = set(re.findall(r"┌─ (.+?):\d+:\d+$", told, re.MULTILINE))
    found |= set(re.findall(r'invalid file error=.* path="(.+?)"', told))
    return {path for path in paths if str(path) in found}


class Verdicts(unittest.TestCase):
    maxDiff = None

    def test_good_files_are_good_for_both(self):
        self.assertGreaterEqual(len(good_files()), 20)
        for path in good_files():
            with self.subTest(relative(path)):
                self.assertEqual(decoder_refuses(path), [])
                self.assertIsNone(schema_refuses(path))

    def test_every_supported_key_stands_in_a_good_file(self):
        text = "\n".join(json.dumps(parsed(path)) for path in good_files())
        keys = json.loads(subprocess.run([BERTH, "explain", "-o", "json"], check=True,
                                         capture_output=True, text=True).stdout)
        missing = [key["name"] for key in keys
                   if not key["instead"] and f'"{key["name"].rpartition(".")[2]}"' not in text]
        self.assertEqual(missing, [])

    def test_bad_files_are_bad_for_both_but_for_what_no_schema_can_say(self):
        reasons = beyond()
        paths = bad_files()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            refused = list(pool.map(decoder_refuses, paths))
        self.assertEqual([relative(path) for path, errors in zip(paths, refused) if not errors
                          and relative(path) not in reasons], [])
        accepted = {relative(path) for path in paths if schema_refuses(path) is None}
        self.assertEqual(sorted(accepted - set(reasons)), [], "the schema is too lenient")
        self.assertEqual(sorted(set(reasons) - accepted), [], "needless in beyond.toml")


class Editors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        install_npm_packages()

    def test_taplo_agrees_about_good_files(self):
        for kind in VALIDATORS:
            paths = [path for path in good_files()
                     if path.suffix == ".toml" and kind_of(path) == kind]
            with self.subTest(kind):
                self.assertTrue(paths)
                self.assertEqual(taplo_refuses(paths, kind), set())

    def test_taplo_agrees_about_bad_files(self):
        for kind in VALIDATORS:
            paths = [path for path in bad_files() if path.suffix == ".toml"
                     and kind_of(path) == kind and relative(path) not in beyond()]
            with self.subTest(kind):
                self.assertTrue(paths)
                accepted = set(paths) - taplo_refuses(paths, kind)
                self.assertEqual(sorted(relative(path) for path in accepted), [])

    def test_a_schema_line_in_toml_is_followed_without_the_network(self):
        with tempfile.TemporaryDirectory() as scratch:
            shutil.copytree(SCHEMAS, pathlib.Path(scratch, "config-schema"))
            path = pathlib.Path(scratch, "containers/web.toml")
            path.parent.mkdir()
            line = "#:schema ../config-schema/container.schema.json\n"
            path.write_text(line + 'template = "host"\ncommand = ["true"]\n')
            self.assertEqual(taplo(path).returncode, 0, taplo(path).stderr)
            path.write_text(line + 'template = "host"\ncomand = ["true"]\n')
            told = taplo(path)
            self.assertNotEqual(told.returncode, 0)
            self.assertIn("comand", told.stderr)

    def test_a_schema_line_in_yaml_is_followed_without_the_network(self):
        with tempfile.TemporaryDirectory() as scratch:
            shutil.copytree(SCHEMAS, pathlib.Path(scratch, "config-schema"))
            path = pathlib.Path(scratch, "containers/web.yaml")
            path.parent.mkdir()
            line = "# yaml-language-server: $schema=../config-schema/container.schema.json\n"
            server = NPM / "node_modules/.bin/yaml-language-server"
            texts = [line + "template: host\ncommand: [\"true\"]\n",
                     line + "template: host\ncomand: [\"true\"]\n"]
            good, bad = language_server.diagnostics(["unshare", "--net", server, "--stdio"], path,
                                                    texts)
            self.assertEqual(good, [])
            self.assertTrue(any("comand" in message for message in bad), bad)


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    unittest.main()
