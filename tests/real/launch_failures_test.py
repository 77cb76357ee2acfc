#!/usr/bin/env python3
"""A container that cannot start says why, by file, line and key, and holds nobody up."""

import ctypes
import os
import pathlib

import berth_testing
from berth_testing import berth_instance

LIBC = ctypes.CDLL(None, use_errno=True)


class LaunchFailures(berth_testing.BerthTest):
    def assert_fails(self, name, *words, seconds=20):
        """The container has no process and an error with these words, `berth status` shows it."""
        row = self.berth.until(name, f"an error with {words}",
                               lambda row: all(word in row["error"] for word in words), seconds)
        self.assertIn(row["phase"], ("failed", "backing-off", "creating"))
        shown = self.berth.berth("status", name).stdout
        for word in words:
            self.assertIn(word, shown)
        return row

    def assert_nothing_of(self, name):
        # Of this instance: other tests run at the same time.
        berth_instance.poll(
            f"no cgroup of {name} is left",
            lambda: not [folder for folder in
                         berth_testing.private_namespaces.cgroups_named(self.berth.cgroup)
                         if folder.endswith(f"/c-{name}")], 10)
        mounts = pathlib.Path("/proc/self/mountinfo").read_text()
        self.assertNotIn(f"containers/{name}/", mounts)

    def test_a_missing_bind_source_names_file_line_and_key(self):
        self.service("bystander")
        self.berth.write("web.toml", 'template = "host"\ncommand = ["true"]\n\n'
                                     'mounts = [{ type = "bind", source = "/srv/berth-missing", '
                                     'target = "/data" }]\n[restart]\npolicy = "no"\n')
        self.assert_fails("web", "web.toml:4", "mounts[0].source", "/srv/berth-missing",
                          "o such file or directory")
        self.assert_nothing_of("web")
        self.berth.wait("bystander", "ready")

    def test_a_command_that_does_not_exist(self):
        self.service("web", command='["/usr/bin/berth-missing"]', more='[restart]\npolicy = "no"')
        self.assert_fails("web", "web.toml:2", "command", "/usr/bin/berth-missing",
                          "o such file or directory")
        self.assert_nothing_of("web")

    def test_a_user_that_does_not_exist(self):
        self.service("web", first='user = "berthless"', more='[restart]\npolicy = "no"')
        self.assert_fails("web", "web.toml:4", "user", "berthless")

    def test_a_working_directory_that_does_not_exist(self):
        self.service("web", first='working_dir = "/berth/missing"', more='[restart]\npolicy = "no"')
        self.assert_fails("web", "web.toml:4", "working_dir", "/berth/missing")

    def test_a_root_file_system_that_does_not_exist(self):
        self.berth.write("web.toml", 'rootfs = "/srv/berth-missing"\ncommand = ["/bin/true"]\n'
                                     '[restart]\npolicy = "no"\n')
        self.assert_fails("web", "web.toml:1", "rootfs", "/srv/berth-missing")

    def test_the_restart_policy_tries_again_and_a_mended_host_is_enough(self):
        source = self.berth.root / "later"
        self.service("web", first=f'mounts = [{{ type = "bind", source = "{source}", '
                                  'target = "/data" }]',
                     more='[restart]\ndelay = "100ms"\nmax_delay = "200ms"\nburst = 1000')
        self.assert_fails("web", "web.toml:4", str(source))
        source.mkdir()
        self.berth.wait("web", "ready")
        self.assertEqual("", self.berth.row("web")["error"])

    def test_a_mended_definition_is_enough(self):
        self.service("web", command='["/usr/bin/berth-missing"]', more='[restart]\npolicy = "no"')
        self.assert_fails("web", "command")
        self.service("web")
        self.berth.wait("web", "ready")

    def test_what_the_host_lacks_is_an_error_of_this_container_alone(self):
        self.service("bystander")
        self.service("web", more='[limits]\nulimits = { nofile = 1073741816 }\n'
                                 '[restart]\npolicy = "no"')
        row = self.berth.until(
            "web", "it failed, or this host may raise the limit",
            lambda row: row["phase"] in ("failed", "ready"))
        if row["phase"] == "failed":
            self.assertIn("nofile", row["error"])
            self.assertIn("web.toml:", row["error"])
        self.berth.wait("bystander", "ready")


class DeadMount(berth_testing.BerthTest):
    """A file system that never answers: FUSE, with nobody who reads its requests."""

    def prepare(self):
        self.dead = self.berth.root / "dead"
        self.dead.mkdir()
        self.device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self.device},rootmode=40000,user_id=0,group_id=0"
        if LIBC.mount(b"dead", str(self.dead).encode(), b"fuse", 0, options.encode()) != 0:
            raise OSError(ctypes.get_errno(), "cannot mount a FUSE file system")
        self.addCleanup(self.bury)

    def bury(self):
        """Closing the device aborts the connection: whoever hangs in it gets an error."""
        if self.device >= 0:
            os.close(self.device)
            self.device = -1
            LIBC.umount2(str(self.dead).encode(), 2)

    def launchers(self):
        found = set()
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if b"launcher" in words[1:]:
                    found.add(int(entry.name))
        return found

    def test_a_dead_path_holds_nobody_up_and_the_launcher_is_replaced(self):
        before = self.launchers()
        self.assertTrue(before)
        self.service("hung", first=f'mounts = [{{ type = "bind", source = "{self.dead}/data", '
                                   'target = "/data" }]', more='[restart]\npolicy = "no"')
        self.berth.until("hung", "its launch began", lambda row: row["phase"] == "creating")
        for name in ("one", "two", "three"):
            self.service(name)
        for name in ("one", "two", "three"):
            self.berth.wait(name, "ready")
        row = self.berth.until("hung", "it failed by its deadline",
                               lambda row: row["phase"] == "failed", seconds=60)
        self.assertIn("hung.toml:4", row["error"])
        self.assertIn("mounts[0].source", row["error"])
        self.assertNotEqual(before, self.launchers())
        self.service("four")
        self.berth.wait("four", "ready")
        # (The connection goes first: a process that hangs in it cannot even be killed.)
        self.bury()
        self.assertEqual([], berth_testing.private_namespaces.cgroups_named("c-hung"))


if __name__ == "__main__":
    berth_testing.main()
