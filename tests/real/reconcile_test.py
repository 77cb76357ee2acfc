#!/usr/bin/env python3
"""The host is made to match the files: added, changed, removed, many at once."""

import os
import pathlib
import signal

import berth_testing
from berth_testing import IDLE
from berth_testing import berth_instance


class Reconcile(berth_testing.BerthTest):
    def test_a_new_file_starts_a_container_and_a_removed_one_cleans_it_up(self):
        self.service("bystander")
        bystander = self.berth.wait("bystander", "ready")["pid"]
        self.service("web")
        pid = self.berth.wait("web", "ready")["pid"]
        self.assertTrue(pathlib.Path(f"/proc/{pid}").exists())
        cgroup, _ = berth_instance.cgroup_directory(pid, "memory")
        self.assertTrue(cgroup.exists())
        self.berth.remove("web.toml")
        self.berth.until_gone("web")
        self.assertFalse(pathlib.Path(f"/proc/{pid}").exists())
        self.assertFalse(cgroup.exists())
        self.assertEqual([], [line for line in pathlib.Path("/proc/self/mountinfo")
                              .read_text().splitlines() if "/web" in line])
        self.assertFalse((self.berth.root / "var/lib/berth/containers/web").exists())
        self.assertEqual(bystander, self.berth.pid("bystander"))

    def test_a_changed_command_restarts_the_container_and_no_other(self):
        self.service("bystander")
        self.service("web", command='["sh", "-c", "echo one; exec sleep infinity"]',
                     first='stop_signal = "SIGKILL"')
        bystander = self.berth.wait("bystander", "ready")["pid"]
        before = self.berth.wait("web", "ready")
        self.service("web", command='["sh", "-c", "echo two; exec sleep infinity"]',
                     first='stop_signal = "SIGKILL"')
        after = self.berth.until("web", "a new process",
                                 lambda row: row["phase"] == "ready"
                                 and row["pid"] != before["pid"])
        berth_instance.poll("the new command ran",
                            lambda: self.berth.logged("web") == ["one", "two"], 10)
        self.assertGreater(after["generation"], before["generation"])
        self.assertEqual(bystander, self.berth.pid("bystander"))

    def test_a_change_that_costs_nothing_does_nothing(self):
        self.service("web")
        before = self.berth.wait("web", "ready")
        self.service("web", first='# a comment\nstart_order = 7\n', more="[restart]\nburst = 9")
        self.berth.until("web", "the new generation",
                         lambda row: row["generation"] > before["generation"])
        self.assertEqual(before["pid"], self.berth.wait("web", "ready")["pid"])

    def test_a_tree_that_is_renamed_into_place_is_one_generation(self):
        for number in range(5):
            self.service(f"old-{number}")
        for number in range(5):
            self.berth.wait(f"old-{number}", "ready")
        kept = self.berth.pid("old-0")
        before = self.berth.json("status")["generation"]
        new = self.berth.containers.with_name("containers.new")
        new.mkdir()
        text = (self.berth.containers / "old-0.toml").read_text()
        (new / "old-0.toml").write_text(text)
        for number in range(15):
            (new / f"new-{number}.toml").write_text(text)
        self.berth.containers.rename(self.berth.containers.with_name("containers.old"))
        new.rename(self.berth.containers)
        for number in range(15):
            self.berth.wait(f"new-{number}", "ready", seconds=60)
        for number in range(1, 5):
            self.berth.until_gone(f"old-{number}")
        self.assertEqual(before + 1, self.berth.json("status")["generation"])
        self.assertEqual(kept, self.berth.pid("old-0"))

    def test_a_directory_that_vanishes_stops_nobody(self):
        self.service("web")
        pid = self.berth.wait("web", "ready")["pid"]
        away = self.berth.containers.with_name("away")
        self.berth.containers.rename(away)
        berth_instance.poll("that the directory is missing is told", lambda: [
            line for line in self.berth.berth("status").stdout.splitlines()
            if "containers" in line and "problem" not in line.split()[0]], 10)
        self.assertEqual(pid, self.berth.pid("web"))
        away.rename(self.berth.containers)
        self.service("late")
        self.berth.wait("late", "ready")
        self.assertEqual(pid, self.berth.pid("web"))

    def test_an_empty_directory_stops_everybody(self):
        self.service("web")
        self.berth.wait("web", "ready")
        self.berth.remove("web.toml")
        self.berth.until_gone("web")

    def test_a_container_with_autostart_off_waits_for_an_operator(self):
        self.service("web", first="autostart = false")
        self.service("last")
        self.berth.wait("last", "ready")
        self.assertIsNone(self.berth.row("web")["pid"])
        self.assertEqual(0, self.berth.berth("start", "web").returncode)
        self.berth.wait("web", "ready")

    def test_files_written_in_place_in_pieces_are_taken_when_they_are_whole(self):
        path = self.berth.containers / "web.toml"
        with open(path, "w", buffering=1) as file:
            file.write('template = "host"\n')
            file.flush()
            file.write(f"command = {IDLE}\n")
        self.berth.wait("web", "ready")
        self.assertEqual([], self.berth.problems())

    def test_a_oneshot_runs_once_for_each_definition(self):
        command = '["sh", "-c", "echo %s >> /shared/ran"]'
        self.service("job", command=command % "one", first=f'type = "oneshot"\n{self.shares}')
        self.assertEqual(0, self.berth.wait("job", "stopped")["exit_code"])
        self.service("other")
        self.berth.wait("other", "ready")
        self.assertEqual(["one"], self.lines("ran"))
        self.service("job", command=command % "two", first=f'type = "oneshot"\n{self.shares}')
        self.assertEqual(["one", "two"], self.until_lines("ran", 2))

    def test_the_writable_layer_is_kept_over_a_restart_and_gone_with_the_definition(self):
        command = '["sh", "-c", "echo x >> /mark; wc -l < /mark; exec sleep infinity"]'
        self.service("web", command=command, first='stop_signal = "SIGKILL"')
        first = self.berth.wait("web", "ready")["pid"]
        os.kill(first, signal.SIGKILL)
        berth_instance.poll("the second start sees the first one's file",
                            lambda: self.berth.logged("web") == ["1", "2"], 20)
        self.berth.remove("web.toml")
        self.berth.until_gone("web")
        self.service("web", command=command, first='stop_signal = "SIGKILL"')
        berth_instance.poll("a new container starts from nothing",
                            lambda: self.berth.logged("web") == ["1", "2", "1"], 20)


if __name__ == "__main__":
    berth_testing.main()
