#!/usr/bin/env python3
"""Definition files: TOML and YAML alike, mistakes told and survived, hostile files refused."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import berth_testing

SHOW = "env | sort; id -u; pwd; hostname; cat /proc/self/limits"


class Definitions(berth_testing.BerthTest):
    def test_the_same_keys_in_toml_and_yaml_make_the_same_container(self):
        show = f"exec > /shared/$NAME 2>&1; {SHOW}"
        self.berth.write("first.toml", f"""
            template = "host"
            command = ["sh", "-c", "{show}"]
            type = "oneshot"
            hostname = "twin"
            user = "1000:1000"
            working_dir = "/usr"
            environment = {{ NAME = "first", COLOUR = "blue and green" }}
            {self.shares}
            [limits]
            memory = "64M"
            pids = 20
            ulimits = {{ nofile = 256 }}
            """)
        self.berth.write("second.yaml", f"""
template: host
command: ["sh", "-c", "{show}"]
type: oneshot
hostname: twin
user: "1000:1000"
working_dir: /usr
environment:
  NAME: second
  COLOUR: blue and green
mounts:
  - {{ type: bind, source: {self.shared}, target: /shared }}
limits:
  memory: 64M
  pids: 20
  ulimits: {{ nofile: 256 }}
""")
        for name in ("first", "second"):
            self.berth.wait(name, "stopped")
        first = self.lines("first")
        second = [line.replace("NAME=second", "NAME=first") for line in self.lines("second")]
        self.assertEqual(first, second)
        self.assertIn("COLOUR=blue and green", first)
        self.assertIn("1000", first)
        self.assertIn("/usr", first)
        self.assertIn("twin", first)

    def test_a_bad_file_keeps_the_last_good_version_running_and_says_so(self):
        self.service("web")
        self.service("other")
        pids = [self.berth.wait(name, "ready")["pid"] for name in ("web", "other")]
        self.berth.write("web.toml", 'template = "host"\ncommand = ["true"\n')
        problem = berth_testing.berth_instance.poll(
            "the problem is told", lambda: self.berth.problems(), 10)[0]
        self.assertRegex(problem, r"web\.toml:\d+:\d+: error: ")
        self.assertIn(problem, self.berth.berth("status").stdout)
        self.assertIn("web.toml:", self.berth.berth("status", "web").stdout)
        self.assertEqual(pids, [self.berth.pid("web"), self.berth.pid("other")])
        self.service("web")
        berth_testing.berth_instance.poll(
            "the problem is over", lambda: not self.berth.problems(), 10)
        self.assertEqual(pids[1], self.berth.pid("other"))

    def test_a_key_of_a_later_version_is_refused_by_name(self):
        self.berth.write("web.toml", 'image = "shop:1.4"\ncommand = ["true"]\n')
        problems = berth_testing.berth_instance.poll("told", self.berth.problems, 10)
        self.assertTrue(any("web.toml:1:1: error: image: " in line for line in problems), problems)

    def test_a_cycle_names_its_members_and_the_others_run(self):
        self.berth.write("bystander.toml",
                         f'template = "host"\ncommand = {berth_testing.IDLE}\n')
        for name, needs in (("one", "two"), ("two", "three"), ("three", "one")):
            self.service(name, more=f"[depends_on]\n{needs} = {{}}")
        self.berth.wait("bystander", "ready")
        problems = berth_testing.berth_instance.poll("told", self.berth.problems, 10)
        told = "\n".join(problems)
        for name in ("one", "two", "three"):
            self.assertIn(name, told)
        for name in ("one", "two", "three"):
            self.assertFalse((self.berth.row(name) or {}).get("pid"))

    def test_the_same_name_twice_names_both_files(self):
        self.service("web")
        pid = self.berth.wait("web", "ready")["pid"]
        self.berth.write("web.yaml", "template: host\ncommand: ['true']\n")
        told = "\n".join(berth_testing.berth_instance.poll("told", self.berth.problems, 10))
        self.assertIn("web.toml", told)
        self.assertIn("web.yaml", told)
        self.assertEqual(pid, self.berth.pid("web"))

    def test_hostile_files_are_named_and_disturb_nobody(self):
        self.service("bystander")
        pid = self.berth.wait("bystander", "ready")["pid"]
        where = self.berth.containers
        os.mkfifo(where / "fifo.toml")
        (where / "directory.toml").mkdir()
        os.symlink("/dev/zero", where / "endless.toml")
        os.symlink("/nonexistent/berth", where / "dangling.toml")
        (where / "nul.toml").write_bytes(b'command = ["a\0b"]\n')
        (where / "binary.yaml").write_bytes(os.urandom(4096))
        (where / "comma.yaml").write_text(",")
        (where / "deep.yaml").write_text("[" * 100000)
        (where / "deep.toml").write_text("a = " + "[" * 100000)
        (where / "huge.toml").write_text("# " + "x" * (2 << 20) + "\n")
        (where / "bomb.yaml").write_text(
            "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n"
                                         for i in range(1, 40)))
        (where / "twice.yaml").write_text("template: host\ntemplate: host\ncommand: ['true']\n")
        (where / "loose.toml").write_text('template = "host"\ncommand = ["true"]\n')
        (where / "loose.toml").chmod(0o666)
        (where / "Bad Name.toml").write_text('template = "host"\ncommand = ["true"]\n')
        names = ["fifo", "directory", "endless", "nul", "binary", "comma", "deep.yaml",
                 "deep.toml", "huge", "bomb", "twice", "loose", "Bad Name"]
        told = berth_testing.berth_instance.poll(
            "every one of them is told",
            lambda: (lines := "\n".join(self.berth.problems())) and
            all(name in lines for name in names) and lines, 30)
        self.assertNotIn("bystander", told)
        self.assertEqual(pid, self.berth.pid("bystander"))
        # And the daemon still takes what is right.
        self.service("late")
        self.berth.wait("late", "ready")

    def test_names_that_do_not_count_are_passed_over(self):
        for name in ("web.toml~", ".hidden.toml", "web.toml.dpkg-old", "web.swp", "notes.txt"):
            (self.berth.containers / name).write_text("this is not a definition")
        self.service("last")
        self.berth.wait("last", "ready")
        self.assertEqual(["last"], list(self.berth.ps()))
        self.assertEqual([], self.berth.problems())


class Check(berth_testing.BerthTest):
    """`berth check`: the same diagnostics without a daemon."""

    started = False

    def test_every_mistake_of_a_set_is_reported_with_its_place(self):
        self.berth.write("web.toml", 'template = "host"\ncommand = ["true"]\nhostnam = "w"\n'
                                     '[limits]\nmemory = 512\n')
        self.berth.write("db.yaml", "template: host\ncommand: ['true']\nstop_timeout: 20\n")
        result = self.berth.berth("check", str(self.berth.containers))
        self.assertEqual(1, result.returncode)
        told = result.stdout + result.stderr
        self.assertRegex(told, r"web\.toml:3:1: error: hostnam: .*hostname")
        self.assertRegex(told, r"web\.toml:5:\d+: error: limits\.memory: .*512M")
        self.assertRegex(told, r"db\.yaml:3:\d+: error: stop_timeout: .*20s")
        listed = self.berth.berth("check", "-o", "json", str(self.berth.containers))
        self.assertEqual(1, listed.returncode)
        self.assertGreaterEqual(listed.stdout.count('"error"'), 3)

    def test_a_good_set_is_good(self):
        self.service("web", more="[depends_on]\ndb = { condition = \"started\" }")
        self.service("db")
        result = self.berth.berth("check", str(self.berth.containers))
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)
        alone = self.berth.berth("check", str(self.berth.containers / "db.toml"))
        self.assertEqual(0, alone.returncode, alone.stdout + alone.stderr)

    @unittest.skipUnless(shutil.which("setpriv"), "setpriv is not there")
    def test_it_needs_no_root(self):
        with tempfile.TemporaryDirectory() as directory:
            folder = pathlib.Path(directory)
            folder.chmod(0o755)
            shutil.copy(self.berth.binaries / "berth", folder / "berth")
            (folder / "web.toml").write_text('template = "host"\ncommand = ["true"]\n')
            result = subprocess.run(
                ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                 folder / "berth", "check", folder / "web.toml"],
                capture_output=True, text=True, check=False)
            self.assertEqual(0, result.returncode, result.stdout + result.stderr)


if __name__ == "__main__":
    berth_testing.main()
