"""The rules of style that a program can check. Each rule is a function from a Tree to findings.

A finding is one line, "path:line: what is wrong"; no findings: the rule holds. Rules look only at
the files of the tree that they are given, so that self_test.py can show them wrong ones.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

LINES_MAX = 450  # of a file in supervisor/ or tests/

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
STANDARD = re.compile(r"^[a-z_0-9]+$")  # <vector>, <cstdint>: no dot, no slash
# `supervisor/plan/state.h`, `tests/run`: what looks like a file of this tree.
QUOTED_PATH = re.compile(r"`\.?/?((?:supervisor|tests|examples|docs|units|config-schema|\.ci)"
                         r"/[A-Za-z0-9_./+-]*)`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
# Nothing may say where or how it was written: paths of a machine, hosts that only one knows.
FORBIDDEN = re.compile(r"/work/(?:main|shared)|/tmp/bash_jobs|\b(?:TODO|FIXME|XXX)\b")
# Package sources belong to the machine, not to us.
REGISTRY = re.compile(r"https?://[^\s\"'`)>]*(?:registry|artifactory|nexus|mirror|pypi)")


class Tree:
    """The files of one repository that count: those that git knows, or all below a plain folder."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = sorted(self._list())
        self.layers = tomllib.loads(
            (pathlib.Path(__file__).parent / "layers.toml").read_text())

    def _list(self):
        if (self.root / ".git").exists() and shutil.which("git"):
            # The owner of a checkout may be another user than the one who tests (CI, sudo).
            listed = subprocess.run(
                ["git", "-c", f"safe.directory={self.root}", "ls-files", "-z", "--cached",
                 "--others", "--exclude-standard"],
                cwd=self.root, capture_output=True, check=True).stdout.decode().split("\0")
            return [name for name in listed if name and (self.root / name).is_file()]
        return [str(path.relative_to(self.root)) for path in self.root.rglob("*")
                if path.is_file()]

    def below(self, folder, *endings):
        return [name for name in self.files
                if name.startswith(folder) and (not endings or name.endswith(endings))]

    def sources(self):
        return self.below("supervisor/", ".h", ".cpp")

    def text(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def lines(self, name):
        return enumerate(self.text(name).splitlines(), start=1)

    def exists(self, path):
        return (self.root / path).exists()


def includes(tree, name):
    """(line number, header, whether it is written in quotes) for each #include of a file."""
    for number, line in tree.lines(name):
        if match := INCLUDE.match(line):
            yield number, match[2], match[1] == '"'


def layering(tree):
    """Arrows between folders, and who may use which library."""
    folders = tree.layers["folders"]
    for name in tree.sources():
        folder = name.split("/")[1]
        if folder not in folders:
            yield f"{name}:1: the folder \"{folder}\" is not in tests/tidy/layers.toml"
            continue
        for number, header, quoted in includes(tree, name):
            if problem := (_arrow(tree, folder, header) if quoted
                           else _library(tree, name, folder, header)):
                yield f"{name}:{number}: {problem}"


def _arrow(tree, folder, header):
    parts = header.split("/", 2)
    if parts[0] == "tests" and len(parts) > 1:
        return "supervisor/ may not include the tests"
    if parts[0] != "supervisor" or len(parts) < 3:
        return f"includes of our own are written \"supervisor/FOLDER/FILE\", not \"{header}\""
    if not tree.exists(header):
        return f"there is no {header}"
    allowed = tree.layers["folders"][folder]
    if parts[1] == folder or parts[1] in allowed or f"{parts[1]}/{parts[2]}" in allowed:
        return None
    return f"{folder} may not include {parts[1]} ({header})"


def _library(tree, name, folder, header):
    for prefix, users in tree.layers["libraries"].items():
        if header.startswith(prefix) and folder not in users:
            return f"{folder} may not use <{header}>: only {', '.join(users)} may"
    if name.endswith(".h"):
        for prefix in tree.layers["only_in_sources"]["prefixes"]:
            if header.startswith(prefix) and not header.endswith("_fwd.hpp"):
                return f"<{header}> is heavy: in .cpp files alone"
    if (folder in tree.layers["pure"]["folders"] and not STANDARD.match(header)
            and not header.startswith("doctest/")):
        return f"{folder} is pure: no system header (<{header}>)"
    return None


def files_explain_themselves(tree):
    """A file begins with a comment that says what it is for, or stands beside one that does."""
    names = set(tree.sources() + tree.below("tests/", ".h", ".cpp"))
    for name in sorted(names):
        text = tree.text(name)
        if not text.startswith("//") and not _explained_beside(name, names):
            yield f"{name}:1: does not begin with a comment that says what it is for"
        if name.endswith(".h") and "#pragma once" not in text:
            yield f"{name}:1: has no #pragma once"


def _explained_beside(name, names):
    """a.cpp by a.h; a_test.cpp by what it tests."""
    if name.endswith("_test.cpp"):
        stem = name.removesuffix("_test.cpp")
        return f"{stem}.h" in names or f"{stem}.cpp" in names
    return name.endswith(".cpp") and f"{name.removesuffix('.cpp')}.h" in names


def files_are_short(tree):
    for name in tree.sources() + tree.below("tests/", ".h", ".cpp", ".py"):
        count = len(tree.text(name).splitlines())
        if count > LINES_MAX:
            yield f"{name}:{count}: {count} lines; more than {LINES_MAX} is more than one concern"


def sources_are_built(tree):
    """CMake takes supervisor/FOLDER/*.cpp: a source deeper down, or in no folder, is dead."""
    cmake = tree.text("supervisor/CMakeLists.txt")
    for name in tree.below("supervisor/", ".cpp"):
        parts = name.split("/")
        if len(parts) != 3 or not re.search(rf"berth_folder\({parts[1]}\b", cmake):
            yield f"{name}:1: is in no library of supervisor/CMakeLists.txt"
    known = set(tree.layers["folders"])
    for folder in re.findall(r"^berth_folder\((\w+)", cmake, re.MULTILINE):
        if folder not in known:
            yield f"supervisor/CMakeLists.txt:1: {folder} is not in tests/tidy/layers.toml"


def headers_are_used(tree):
    """A header that nothing includes is dead."""
    used = {header for name in tree.below("", ".h", ".cpp")
            for _, header, quoted in includes(tree, name) if quoted}
    for name in tree.below("supervisor/", ".h"):
        if name not in used:
            yield f"{name}:1: nothing includes it"


def documents_are_true(tree):
    """Paths of the tree that the documents name exist."""
    for name in tree.below("", ".md"):
        folder = pathlib.PurePosixPath(name).parent
        for number, line in tree.lines(name):
            for path in QUOTED_PATH.findall(line):
                if not tree.exists(path.rstrip("/.")):
                    yield f"{name}:{number}: there is no {path}"
            for target in LINK.findall(line):
                if not tree.exists(folder / target):
                    yield f"{name}:{number}: the link {target} leads nowhere"


def layer_table_is_documented(tree):
    """The table that people read, in docs/architecture.md, is the one that is checked."""
    name = "docs/architecture.md"
    if not tree.exists(name):
        return
    rows = dict(re.findall(r"^\| `(\w+)/?` \|.*\| ([^|]*) \|$", tree.text(name), re.MULTILINE))
    for folder, allowed in tree.layers["folders"].items():
        want = ", ".join(f"`{user}`" for user in allowed) or "—"
        if rows.get(folder) != want:
            yield f"{name}:1: the row of `{folder}` is not \"{want}\" (it is {rows.get(folder)!r})"


def words(tree):
    for name in tree.files:
        if name.startswith("tests/tidy/") or name == "LICENSE":
            continue
        for number, line in tree.lines(name):
            for pattern in (FORBIDDEN, REGISTRY):
                if match := pattern.search(line):
                    yield f"{name}:{number}: \"{match[0]}\" does not belong into the tree"


def formatted(tree):
    """clang-format-19, the version that the format was made with; others differ in details."""
    program = shutil.which("clang-format-19")
    names = tree.sources() + tree.below("tests/", ".h", ".cpp")
    if not program or not names:
        return
    result = subprocess.run([program, "--dry-run", "--Werror", *names], cwd=tree.root,
                            capture_output=True, text=True, check=False)
    for name in sorted(set(re.findall(r"^(\S+?):\d+:\d+: error:", result.stderr, re.MULTILINE))):
        yield f"{name}:1: not as clang-format-19 writes it"
    if result.returncode != 0 and "error:" not in result.stderr:
        yield f".clang-format:1: clang-format-19 failed: {result.stderr.strip()}"


RULES = [layering, files_explain_themselves, files_are_short, sources_are_built,
         headers_are_used, documents_are_true, layer_table_is_documented,
         words, formatted]
