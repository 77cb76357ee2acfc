#!/usr/bin/env python3
"""Writes what is made from the key tables: docs/reference, config-schema and a manual page's keys.

    docs/generate.py            brings everything up to date
    docs/generate.py --check    says what is not, and exits with 1

The program itself tells what is in its tables: `berth explain -o json` and `berth schema`. It is
looked for in $BERTH_BIN, else in build/bin.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BERTH = pathlib.Path(os.environ.get("BERTH_BIN", ROOT / "build/bin")) / "berth"
MANUAL = "docs/man/berth-container.5"
MADE = "<!-- Made by docs/generate.py from the key tables; changes here are lost. -->"

PAGES = {  # the page: its title, what it is about, and its tables with a word about each
    "container": ("The keys of a container", "`containers/NAME.toml`", [
        ("container", ""),
        ("item of mounts", "An item of `mounts`, as a table."),
        ("item of depends_on", "An item of `depends_on`, as a table."),
        ("item of networks", "An item of `networks`, as a table."),
        ("item of limits.io", "An item of `limits.io`."),
    ]),
    "network": ("The keys of a network", "`networks/NAME.toml`", [("network", "")]),
    "host": ("The keys of berthd.toml", "`berthd.toml`", [("berthd.toml", "")]),
}


def berth(*arguments):
    return subprocess.run([BERTH, *arguments], check=True, capture_output=True, text=True).stdout


def code(text):
    return f"`{text}`".replace("|", "\\|") if text else ""


def meaning(key):
    """The meaning, with the words or the range that a value may have."""
    text = key["meaning"]
    if key["choices"]:
        text += ": " + ", ".join(code(word) for word in key["choices"].split(", "))
    return text + (f" ({key['range']})" if key["range"] else "")


def anchor(title):
    return title.replace(".", "").replace(" ", "-").lower()


def table(keys):
    costs = any(key["cost"] for key in keys)
    lines = ["| key | type | meaning | default | example |" + (" a change costs |" if costs else ""),
             "|---|---|---|---|---|" + ("---|" if costs else "")]
    for key in keys:
        line = (f"| {code(key['name'])} | {key['type']} | {meaning(key)} | {code(key['default'])} "
                f"| {code(key['example'])} |")
        lines.append(line + (f" {key['cost']} |" if costs else ""))
    return lines


def page(kind, keys):
    title, file, tables = PAGES[kind]
    lines = [MADE, "", f"# {title}", "",
             f"What may stand in {file}. How values are written, what a change costs and how "
             "containers behave is said in [Definition files](../definitions.md).", ""]
    for name, about in tables:
        if about:
            lines += [f"## {name[0].upper()}{name[1:]}", "", about, ""]
        lines += table([key for key in keys if key["file"] == name and not key["instead"]]) + [""]
    refused = [key for key in keys if key["file"] == tables[0][0] and key["instead"]]
    if refused:
        lines += ["## Known, but not supported by this version", "",
                  "| key | instead |", "|---|---|",
                  *(f"| {code(key['name'])} | {key['instead']} |" for key in refused), ""]
    return "\n".join(lines).rstrip() + "\n"


def roff(keys):
    def escape(text):
        return text.replace("\\", "\\e").replace("-", "\\-")

    lines = []
    for key in keys:
        words = f" One of: {escape(key['choices'])}." if key["choices"] else ""
        span = f" Range: {escape(key['range'])}." if key["range"] else ""
        default = f" Default: {escape(key['default'])}." if key["default"] else ""
        lines += [".TP", f".B {escape(key['name'])}",
                  f"{escape(key['meaning'])}.{words}{span}{default} Example:",
                  f"\\fI{escape(key['example'])}\\fR"]
        if key["cost"]:
            lines.append(f"(a change costs: {key['cost']}).")
    return lines


def manual(keys):
    """The page as it has to be: what stands between two marks is made anew."""
    lines, kept = [], True
    for line in (ROOT / MANUAL).read_text().splitlines():
        kept = kept or line == '.\\" end of keys'
        if kept:
            lines.append(line)
        if mark := re.fullmatch(r'\.\\" keys: (.+)', line):
            lines += roff([key for key in keys if key["file"] == mark[1] and not key["instead"]])
            kept = False
    return "\n".join(lines) + "\n"


def made():
    """Every file that is made, with what it has to say."""
    keys = json.loads(berth("explain", "-o", "json"))
    files = {MANUAL: manual(keys)}
    for kind in PAGES:
        files[f"docs/reference/{kind}.md"] = page(kind, keys)
        files[f"config-schema/{kind}.schema.json"] = berth("schema", kind)
    return files


def main():
    stale = {name: text for name, text in made().items()
             if not (ROOT / name).exists() or (ROOT / name).read_text() != text}
    for name, text in stale.items():
        if "--check" in sys.argv:
            print(f"{name}: not as the key tables say; run docs/generate.py")
            continue
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(text)
        print(f"{name} is up to date now")
    sys.exit(1 if stale and "--check" in sys.argv else 0)


if __name__ == "__main__":
    main()
