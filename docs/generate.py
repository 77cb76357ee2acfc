#!/usr/bin/env python3
"""Writes the key tables of supervisor/model into the reference pages, between their marks.

    docs/generate.py            brings docs/definitions.md and docs/man/berth-container.5 up to date
    docs/generate.py --check    says which of them are not, and exits with 1

The tables are C++ (designated initializers); this reads the few members that people want to see.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGES = ["docs/definitions.md", "docs/man/berth-container.5"]

TABLES = {  # as the marks name them: the array in the sources
    "container": r"k(?:General|Supervision|Confinement)Keys",
    "mounts": "kMountKeys",
    "depends_on": "kDependencyKeys",
    "networks": "kAttachmentKeys",
    "io": "kIoLimitKeys",
    "network": "kNetworkKeys",
    "host": "kHostKeys",
    "future": "kFutureContainerKeys",
}
STRINGS = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'

MEMBER = r"^  ([\w:<>, ]+?) (\w+)(?: = [^;]+|\{[^}]*\})?;"


def literal(text):
    """The value of adjacent C++ string literals."""
    pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    return "".join(pieces).replace('\\"', '"').replace("\\\\", "\\")


def member(row, name):
    match = re.search(rf"\.{name} =\s*{STRINGS}", row)
    return literal(match[1]) if match else ""


def enumerations():
    """The words of each enumeration, as they are written: {"LogDriver": "`file`, `none`"...}."""
    text = (ROOT / "supervisor/model/words.cpp").read_text()
    words = {}
    for body in re.findall(r"std::array k\w+\{\s*(Word.*?)\};", text, re.DOTALL):
        for word, enumeration in re.findall(r'Word\{"([^"]+)",\s*(\w+)::', body):
            words.setdefault(enumeration, []).append(word)
    return words


def member_types():
    """The type of each member of each struct of the specs: {"MountSpec": {"source": ...}}."""
    text = (ROOT / "supervisor/model/spec.h").read_text()
    return {name: {member: kind for kind, member in
                   re.findall(MEMBER, body, re.MULTILINE)}
            for name, body in re.findall(r"^struct (\w+) \{\n(.*?)^\};", text,
                                         re.DOTALL | re.MULTILINE)}


def allowed_words(row, types, words):
    """What a value may be when only some words are right; otherwise nothing."""
    if choices := member(row, "choices"):
        return choices.split(", ")
    owner, path = re.search(r"FIELD\((?:(\w+), )?([\w.]+)\)", row).groups()
    kind = owner or "ContainerSpec"
    for name in path.split("."):
        kind = types[kind][name]
    return words.get(kind, [])


def tables():
    types, words = member_types(), enumerations()
    text = "".join((ROOT / "supervisor/model" / name).read_text()
                   for name in ("container_keys.cpp", "supervision_keys.cpp",
                                "confinement_keys.cpp", "keys.cpp"))
    found = {}
    for mark, array in TABLES.items():
        body = "".join(re.findall(rf"std::array {array}\{{(.*?)\n\}};", text, re.DOTALL))
        if mark == "future":
            found[mark] = [{"name": literal(name), "remedy": literal(remedy)} for name, remedy in
                           re.findall(rf"FutureKey\{{{STRINGS},\s*{STRINGS}\}}", body)]
            continue
        rows = re.split(r"(?:ContainerKey|Key<\w+>)\{", body)[1:]
        found[mark] = [{"name": member(row, "name"), "meaning": member(row, "meaning"),
                        "default": member(row, "default_text"), "example": member(row, "example"),
                        "words": allowed_words(row, types, words),
                        "cost": (re.search(r"Cost::(\w+)", row) or [0, "restart"])[1]}
                       for row in rows]
    return found


def markdown(mark, rows):
    def cell(text):
        return f"`{text}`".replace("|", "\\|") if text else ""

    if mark == "future":
        return ["| key | instead |", "|---|---|",
                *(f"| {cell(row['name'])} | {row['remedy']} |" for row in rows)]
    lines = ["| key | meaning | default | example | a change costs |", "|---|---|---|---|---|"]
    for row in rows:
        words = ": " + ", ".join(cell(word) for word in row["words"]) if row["words"] else ""
        lines.append(f"| {cell(row['name'])} | {row['meaning']}{words} | {cell(row['default'])} "
                     f"| {cell(row['example'])} | {row['cost']} |")
    return lines


def roff(mark, rows):
    def escape(text):
        return text.replace("\\", "\\e").replace("-", "\\-")

    lines = []
    for row in rows:
        lines += [".TP", f".B {escape(row['name'])}"]
        if mark == "future":
            lines.append(f"{escape(row['remedy'])}.")
            continue
        words = f" One of: {escape(', '.join(row['words']))}." if row["words"] else ""
        default = f" Default: {escape(row['default'])}." if row["default"] else ""
        lines.append(f"{escape(row['meaning'])}.{words}{default} Example:")
        lines.append(f"\\fI{escape(row['example'])}\\fR")
        lines.append(f"(a change costs: {row['cost']}).")
    return lines


def generated(page):
    """The page as it has to be: what stands between two marks is made anew."""
    begin, end, render = ((r"<!-- keys: (\w+) -->", "<!-- end of keys -->", markdown)
                          if page.endswith(".md") else
                          (r'\.\\" keys: (\w+)', '.\\" end of keys', roff))
    lines, kept, found = [], True, tables()
    for line in (ROOT / page).read_text().splitlines():
        if line == end:
            kept = True
        if kept:
            lines.append(line)
        if match := re.fullmatch(begin, line):
            lines += render(match[1], found[match[1]])
            kept = False
    return "\n".join(lines) + "\n"


def stale():
    return [page for page in PAGES if generated(page) != (ROOT / page).read_text()]


def main():
    if sys.argv[1:] == ["--check"]:
        for page in stale():
            print(f"{page}: not as the key tables say; run docs/generate.py")
        sys.exit(1 if stale() else 0)
    for page in stale():
        (ROOT / page).write_text(generated(page))
        print(f"{page} is up to date now")


if __name__ == "__main__":
    main()
