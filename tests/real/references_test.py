#!/usr/bin/env python3
"""Files and programs of the host that definitions refer to: env_file, secrets, watch, hooks."""

import ctypes
import os
import pathlib
import threading
import time

import berth_testing
from berth_testing import berth_instance

LIBC = ctypes.CDLL(None, use_errno=True)


class References(berth_testing.BerthTest):
    def prepare(self):
        self.host = self.shared.parent / "host"
        self.host.mkdir()

    def put(self, name, text, mode=0o600):
        path = self.host / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def script(self, name, text):
        return self.put(name, "#!/bin/sh\n" + text, 0o755)

    def web(self, first="", more=""):
        self.service("web", command=repr(["sh", "-c", "trap 'exit 0' TERM; env > /shared/env;"
                                          " echo run >> /shared/runs; sleep infinity & wait"]),
                     first=f"{self.shares}\n{first}", more=more)

    def environment(self):
        return dict(line.split("=", 1) for line in self.lines("env") if "=" in line)

    def looks(self):
        """Returns when all files have been looked at once more: another container has noticed."""
        count = len(self.lines("marks"))
        self.put("mark", str(count))
        if not count:
            self.service("marker", first=self.shares, more=f'[update]\nwatch = "{self.host}/mark"',
                         command=repr(["sh", "-c", "trap 'exit 0' TERM; echo m >> /shared/marks;"
                                       " sleep infinity & wait"]))
            count = len(self.until_lines("marks", 1))
            self.put("mark", "again")
        self.until_lines("marks", count + 1)

    def waiting(self, name):
        return (self.berth.row(name) or {}).get("waiting") or ""

    # env_file

    def test_a_mistake_in_an_env_file_does_not_stop_what_runs(self):
        path = self.put("one.env", "A=1\n")
        self.web(f'env_file = "{path}"')
        before = self.berth.wait("web", "ready")
        self.put("one.env", "A 1\n")
        row = self.berth.until("web", "the mistake is told", lambda row: row["error"])
        self.assertIn("held back", row["error"])
        self.assertIn("NAME=value is meant", row["error"])
        self.assertEqual(before["pid"], row["pid"])
        self.put("one.env", "A=2\n")
        self.until_lines("runs", 2)
        self.assertEqual("2", self.environment()["A"])

    def test_env_files_are_merged_in_order_below_environment(self):
        one = self.put("one.env", "# first\nA=1\nB='two words'\nexport C=c # no\nD=$HOME\n")
        two = self.put("two.env", 'A=2\nE="x\\ty"\nF=file\n')
        self.web(f'env_file = ["{one}", "{two}"]\nenvironment = {{ F = "definition" }}')
        self.until_lines("runs", 1)
        self.berth.wait("web", "ready")
        seen = berth_instance.poll("the environment", lambda: self.environment().get("F") and
                                   self.environment(), 10)
        self.assertEqual({"A": "2", "B": "two words", "C": "c", "D": "$HOME", "E": "x\ty",
                          "F": "definition"}, {key: seen[key] for key in "ABCDEF"})

    def test_another_content_of_an_env_file_restarts_the_container_once(self):
        path = self.put("web.env", "A=1\n")
        self.web(f'env_file = "{path}"')
        self.until_lines("runs", 1)
        self.berth.wait("web", "ready")
        path.touch()  # no other content
        self.looks()
        self.assertEqual(1, len(self.lines("runs")))
        begin = time.monotonic()
        self.put("web.env", "A=2\n")
        self.until_lines("runs", 2)
        self.assertLess(time.monotonic() - begin, 6)
        self.berth.wait("web", "ready")
        berth_instance.poll("A=2", lambda: self.environment().get("A") == "2", 10)
        self.assertIn(f"env_file: {path}: content changed", self.berth.said(1000))
        self.looks()
        self.assertEqual(2, len(self.lines("runs")))

    def test_a_file_behind_a_swapped_symlink_is_noticed(self):
        for number in "12":
            (self.host / number).mkdir()
            (self.host / number / "web.env").write_text(f"A={number}\n")
        link = self.host / "data"
        link.symlink_to("1")
        self.web(f'env_file = "{link}/web.env"')
        self.until_lines("runs", 1)
        beside = self.host / "beside"
        beside.symlink_to("2")
        beside.rename(link)
        self.until_lines("runs", 2)

    def test_a_missing_env_file_holds_back_the_start_and_not_a_running_container(self):
        path = self.host / "web.env"
        self.web(f'env_file = ["{path}"]')
        words = f"web.toml:5:13: env_file[0]: {path}: No such file or directory"
        berth_instance.poll("it waits for its file", lambda: words in self.waiting("web"), 10)
        self.assertEqual([], self.lines("runs"))
        self.put("web.env", "A=1\n")
        self.until_lines("runs", 1)
        self.berth.wait("web", "ready")
        pid = self.berth.pid("web")
        path.unlink()
        berth_instance.poll("it is told", lambda: "runs on as it is" in self.waiting("web"), 10)
        self.assertEqual(pid, self.berth.pid("web"))
        self.put("web.env", "A=1\n")
        berth_instance.poll("it is told", lambda: self.waiting("web") == "", 10)
        self.assertEqual(pid, self.berth.pid("web"))

    def test_what_is_no_regular_file_or_no_env_file_is_told_by_its_place(self):
        fifo = self.host / "fifo"
        os.mkfifo(fifo)
        bad = self.put("bad.env", "A=1\ntopsecret\n")
        large = self.put("large.env", "A=" + "x" * (2 << 20))
        for name, path in (("a", fifo), ("b", self.host), ("c", bad), ("d", large)):
            self.service(name, first=f'env_file = ["{path}"]')
        for name, words in (("a", "it is not a regular file"), ("b", "Is a directory")):
            berth_instance.poll(words, lambda n=name, w=words: w in self.waiting(n), 10)
            self.assertIn(f"{name}.toml:4:13: env_file[0]: ", self.waiting(name))
        self.berth.until("c", "bad.env:2", lambda row: f"{bad}:2: NAME=value" in row["error"], 10)
        self.berth.until("d", "too large", lambda row: "it is larger than 1M" in row["error"], 10)
        self.assertNotIn("topsecret", self.berth.said(10000))

    def test_a_path_that_hangs_holds_up_no_other_container(self):
        hanging = self.host / "dead"
        hanging.mkdir()
        if (fuse := os.open("/dev/fuse", os.O_RDWR)) < 0:
            self.skipTest("no /dev/fuse")
        options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0"
        # Nobody will answer.
        self.assertEqual(0, LIBC.mount(b"dead", str(hanging).encode(), b"fuse", 0,
                                       options.encode()), os.strerror(ctypes.get_errno()))
        try:
            for number in range(6):
                self.service(f"dead{number}", first=f'env_file = ["{hanging}/{number}.env"]')
            good = self.put("good.env", "A=1\n")
            self.web(f'env_file = ["{good}"]')
            self.until_lines("runs", 1, seconds=9)
            self.put("good.env", "A=2\n")
            self.until_lines("runs", 2, seconds=9)
            berth_instance.poll("it is told", lambda: "it does not answer" in
                                self.waiting("dead0"), 30)
        finally:
            os.close(fuse)
            LIBC.umount2(str(hanging).encode(), 2)

    # secrets

    def test_secrets_are_the_users_alone_and_nowhere_else(self):
        path = self.put("db", "hunter2-the-secret")
        self.berth.write("web.toml", f'''template = "host"
user = "1000:1000"
stop_timeout = "2s"
secrets = {{ db_password = "{path}" }}
{self.shares}
command = ["sh", "-c", """
exec > /shared/out 2>&1
cat /run/secrets/db_password; echo
stat -c '%a %u %g' /run/secrets/db_password /run/secrets
grep ' /run/secrets ' /proc/self/mountinfo
touch /run/secrets/x; echo x > /run/secrets/db_password
env | grep -c hunter2; echo end; trap 'exit 0' TERM; sleep infinity & wait"""]
''')
        berth_instance.poll("end", lambda: "end" in self.lines("out"), 20)
        lines = self.lines("out")
        self.assertEqual(["hunter2-the-secret", "400 1000 1000", "555 0 0"], lines[:3])
        for option in ("ro", "nosuid", "nodev", "noexec"):
            self.assertIn(option, lines[3].split(" - ")[0].split()[5].split(","))
        self.assertIn("0", lines[-2:-1])
        self.assertNotIn("hunter2-the", self.berth.said(100000))
        for folder in ("run/berth", "var/log/berth", "var/lib/berth"):
            for file in (self.berth.root / folder).rglob("*"):
                if file.is_file() and not file.is_symlink():
                    self.assertNotIn(b"hunter2-the", file.read_bytes(), file)

    def test_another_content_of_a_secret_restarts_the_container(self):
        path = self.put("db", "one")
        self.web(f'secrets = {{ db = "{path}" }}')
        self.until_lines("runs", 1)
        self.put("db", "two")
        self.until_lines("runs", 2)
        self.assertIn(f"secrets: {path}: content changed", self.berth.said(1000))

    def test_secrets_with_a_root_file_system_of_its_own_that_has_no_run(self):
        root = self.host / "root"
        for folder in ("bin", "lib", "lib64", "usr"):
            (root / folder).mkdir(parents=True)
        path = self.put("db", "one")
        binds = ", ".join(f'{{ source = "/{folder}", target = "/{folder}", read_only = true }}'
                          for folder in ("bin", "lib", "lib64", "usr")
                          if pathlib.Path("/" + folder).exists())
        self.berth.write("web.toml", f'''rootfs = "{root}"
command = ["/bin/sh", "-c", "cat /run/secrets/db > /shared/out; trap 'exit 0' TERM; sleep 1000 & wait"]
stop_timeout = "1s"
secrets = {{ db = "{path}" }}
mounts = [{binds}, {{ source = "{self.shared}", target = "/shared" }}]
''')
        self.until_lines("out", 1)
        self.assertEqual(["one"], self.lines("out"))

    # update.watch and update.reload

    def test_a_watched_file_reloads_or_restarts(self):
        conf = self.put("web.conf", "one")
        self.service("web", command=repr(["sh", "-c", "trap 'echo hup >> /shared/hups' HUP;"
                                          " trap 'exit 0' TERM; echo run >> /shared/runs;"
                                          " while :; do sleep 0.1; done"]),
                     first=self.shares, more=f'[update]\nwatch = ["{conf}"]\nreload = "SIGHUP"')
        self.service("old", command=repr(["sh", "-c", "trap 'exit 0' TERM; echo r >> /shared/olds;"
                                          " sleep infinity & wait"]),
                     first=self.shares, more=f'[update]\nwatch = "{conf}"')
        self.until_lines("runs", 1)
        self.until_lines("olds", 1)
        self.berth.wait("web", "ready")
        pid = self.berth.pid("web")
        self.put("web.conf", "tw")
        self.put("web.conf", "two")
        self.until_lines("hups", 1)
        self.until_lines("olds", 2)
        self.put("web.conf", "three")
        self.until_lines("hups", 2)
        self.until_lines("olds", 3)
        self.looks()
        self.assertEqual((2, 1, 3), tuple(len(self.lines(name)) for name in ("hups", "runs", "olds")))
        self.assertEqual(pid, self.berth.pid("web"))

    def test_a_container_that_writes_what_it_watches_is_restarted_later_and_later(self):
        conf = self.put("web.conf", "none")
        self.service("web", command=repr(["sh", "-c", "trap 'exit 0' TERM; echo run >> /shared/runs;"
                                          " cp /shared/runs /conf; sleep infinity & wait"]),
                     first=f'mounts = ["{self.shared}:/shared", "{conf}:/conf"]',
                     more=f'[update]\nwatch = "{conf}"\n[restart]\ndelay = "1h"\nmax_delay = "1h"')
        self.until_lines("runs", 2)
        self.berth.until("web", "it waits", lambda row: row["waiting"] or row["next_start_in"])
        self.looks()
        self.assertEqual(2, len(self.lines("runs")))

    def test_a_writer_that_never_stops_and_a_large_file_are_bounded(self):
        conf = self.put("web.conf", "one")
        self.put("large.conf", "x").open("r+").truncate(65 << 20)
        self.web(more=f'[update]\nwatch = ["{conf}", "{self.host}/large.conf"]')
        self.until_lines("runs", 1)
        berth_instance.poll("it is told", lambda: "larger than 64M" in self.waiting("web"), 10)
        stop = threading.Event()

        def write():
            number = 0
            while not stop.wait(0.05):
                number += 1
                conf.write_text(str(number))

        writer = threading.Thread(target=write)
        writer.start()
        try:
            self.until_lines("runs", 2, seconds=15)
        finally:
            stop.set()
            writer.join()

    # hooks

    def test_hooks_run_around_each_run(self):
        note = self.shared / "notes"
        before = self.script("before", f'echo "$BERTH_HOOK $BERTH_CONTAINER $1" >> {note}\n'
                             f'grep Cap /proc/self/status >> {self.shared}/caps\n'
                             f'ls /proc/self/fd | tr "\\n" " " >> {self.shared}/fds\n'
                             f'readlink /proc/self/ns/mnt >> {self.shared}/ns\n'
                             'echo it says\n')
        after = self.script("after", 'echo "$BERTH_HOOK $BERTH_RESULT $BERTH_EXIT_CODE'
                            f'$BERTH_EXIT_SIGNAL" >> {note}\n')
        self.service("web", command='["sh", "-c", "exit 3"]', more='[restart]\npolicy = "no"',
                     first=f'hooks = {{ pre_start = ["{before}", "word"], post_stop = ["{after}"] }}')
        self.until_lines("notes", 2)
        self.assertEqual(["pre_start web word", "post_stop exited 3"], self.lines("notes"))
        self.assertEqual("0 1 2 3 ", (self.shared / "fds").read_text())  # 3: ls itself
        self.assertEqual([os.readlink("/proc/self/ns/mnt")], self.lines("ns"))
        self.assertIn("CapInh:\t0000000000000000", self.lines("caps"))
        self.assertIn("it says", self.berth.said(1000))

        self.service("killed", first=f'hooks = {{ post_stop = ["{after}"] }}')
        self.berth.wait("killed", "ready")
        os.kill(self.berth.pid("killed"), 9)
        self.until_lines("notes", 3)
        self.assertEqual("post_stop signaled SIGKILL", self.lines("notes")[2])
        self.berth.wait("killed", "ready")
        self.berth.remove("killed.toml")
        self.until_lines("notes", 4)
        self.assertEqual("post_stop exited 0", self.lines("notes")[3])

    def test_a_container_goes_on_when_a_new_definition_names_what_cannot_be_used(self):
        self.web()
        pid = self.berth.wait("web", "ready")["pid"]
        hook = self.put("hook", "#!/bin/sh\n", 0o644)
        profile = self.put("profile.json", '{"defaultAction": 7}')
        for more, path in ((f'[hooks]\npre_start = ["{hook}"]', hook),
                           (f'[security]\nseccomp = "{profile}"', profile)):
            self.web(f'environment = {{ HOOKED = "{path}" }}', more)  # which asks for a restart
            row = self.berth.until("web", "the mistake is told",
                                   lambda row, path=path: str(path) in row["error"])
            self.assertEqual(("ready", pid), (row["phase"], row["pid"]))
        device = "/dev/no-such"
        self.web(f'devices = ["{device}"]')
        row = self.berth.until("web", "the missing device is told",
                               lambda row: device in row["error"])
        self.assertEqual(("ready", pid), (row["phase"], row["pid"]))
        self.assertEqual(["run"], self.lines("runs"))

    def test_a_pre_start_that_fails_fails_the_start_and_says_why(self):
        hook = self.script("hook", "echo first; echo the last line >&2; exit 3")
        self.service("web", first=f'hooks = {{ pre_start = ["{hook}"] }}',
                     more='[restart]\npolicy = "no"')
        row = self.berth.until("web", "failed", lambda row: row["phase"] == "failed", 20)
        self.assertIn("web.toml:4:", row["error"])
        self.assertIn("hooks.pre_start: exit code 3: the last line", row["error"])
        self.service("none", first='hooks = { pre_start = ["/berth/missing"] }',
                     more='[restart]\npolicy = "no"')
        row = self.berth.until("none", "failed", lambda row: row["phase"] == "failed", 20)
        self.assertIn("hooks.pre_start: /berth/missing: No such file or directory", row["error"])

    def test_a_post_stop_that_fails_is_told_and_blocks_nothing(self):
        hook = self.script("hook", "echo no use; exit 4")
        self.service("web", command='["true"]', first=f'hooks = {{ post_stop = ["{hook}"] }}')
        row = self.berth.until("web", "the complaint", lambda row: "exit code 4" in row["error"], 20)
        self.assertIn("hooks.post_stop: exit code 4: no use", row["error"])
        self.assertEqual("stopped", row["phase"])
        self.berth.remove("web.toml")
        berth_instance.poll("it is gone", lambda: self.berth.row("web") is None, 20)

    def test_a_hook_that_leaves_processes_behind_takes_them_with_it(self):
        hook = self.script("hook", "setsid sleep 4711 & sleep 4712 &")
        self.service("web", first=f'hooks = {{ pre_start = ["{hook}"] }}')
        self.berth.wait("web", "ready")
        commands = [path.read_bytes() for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")]
        self.assertFalse([command for command in commands if b"471" in command])

    def test_hooks_that_hang_hold_up_no_other_container(self):
        hook = self.script("hook", f"echo begun >> {self.shared}/begun; sleep 20")
        for number in range(12):
            self.service(f"slow{number}", first=f'hooks = {{ pre_start = ["{hook}"] }}')
        self.until_lines("begun", 12)
        begin = time.monotonic()
        self.service("quick")
        self.berth.wait("quick", "ready", seconds=8)
        self.assertLess(time.monotonic() - begin, 8)
        for number in range(12):
            self.berth.remove(f"slow{number}.toml")


if __name__ == "__main__":
    berth_testing.main()
