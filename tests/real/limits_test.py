#!/usr/bin/env python3
"""Limits, by running into them: memory, processes, processor time, and changing them live."""

import os
import pathlib
import time

import berth_testing
from berth_testing import berth_instance

EAT = ["python3", "-c", "x = bytearray()\nwhile True: x += bytes(1 << 20)"]
MIB = 1 << 20


def toml(words):
    return berth_instance.json.dumps(words)


class Limits(berth_testing.BerthTest):
    def test_a_process_over_memory_is_killed_and_reported_as_such(self):
        self.service("bystander")
        bystander = self.berth.wait("bystander", "ready")["pid"]
        self.service("web", command=toml(EAT),
                     more='[limits]\nmemory = "64M"\n[restart]\npolicy = "no"')
        row = self.berth.until("web", "it ended", lambda row: row["phase"] == "failed")
        self.assertTrue(row["oom_killed"], row)
        self.assertEqual("SIGKILL", row["signal"])
        self.assertIsNone(row["exit_code"])
        self.assertIn("out of memory", self.berth.berth("status", "web").stdout)
        self.assertEqual(bystander, self.berth.pid("bystander"))

    def test_a_kill_that_was_no_oom_is_not_called_one(self):
        self.service("web", more='[limits]\nmemory = "64M"\n[restart]\npolicy = "no"')
        os.kill(self.berth.wait("web", "ready")["pid"], 9)
        row = self.berth.until("web", "it ended", lambda row: row["phase"] == "failed")
        self.assertFalse(row["oom_killed"])
        self.assertEqual("SIGKILL", row["signal"])

    def test_pids_stops_a_fork_bomb(self):
        self.service("bomb", command="""["sh", "-c", "f() { f | f & }; f; sleep infinity"]""",
                     first='stop_signal = "SIGKILL"', more="[limits]\npids = 20")
        pid = self.berth.wait("bomb", "ready")["pid"]
        directory, _ = berth_instance.cgroup_directory(pid, "pids")
        berth_instance.poll("the bomb hits its limit", lambda: any(
            int(line.split()[1]) > 0
            for line in (directory / "pids.events").read_text().splitlines()
            if line.startswith("max")), 20)
        self.assertLessEqual(int((directory / "pids.current").read_text()), 20)
        self.service("web")
        self.berth.wait("web", "ready")
        self.berth.remove("bomb.toml")
        self.berth.until_gone("bomb")

    def test_half_a_processor_is_half_a_processor(self):
        self.service("busy", command='["sh", "-c", "while :; do :; done"]',
                     first='stop_signal = "SIGKILL"', more="[limits]\ncpus = 0.5")
        pid = self.berth.wait("busy", "ready")["pid"]
        used, began = berth_instance.cpu_seconds(pid), time.monotonic()
        berth_instance.poll("it used a second of processor time",
                            lambda: berth_instance.cpu_seconds(pid) > used + 1, 60)
        # Never more than half; how much less depends on what else this machine does.
        ratio = (berth_instance.cpu_seconds(pid) - used) / (time.monotonic() - began)
        self.assertLess(ratio, 0.6)
        self.assertGreater(ratio, 0.1)
        # Without the limit the same process gets more: the limit was what held it back.
        directory, _ = berth_instance.cgroup_directory(pid, "cpu")
        stat = dict(line.split() for line in (directory / "cpu.stat").read_text().splitlines())
        self.assertGreater(int(stat["nr_throttled"]), 0)
        self.service("busy", command='["sh", "-c", "while :; do :; done"]',
                     first='stop_signal = "SIGKILL"', more="[limits]\ncpus = 4")
        berth_instance.poll("the larger quota is set", lambda: _quota(directory) == 4, 10)
        self.assertEqual(pid, self.berth.pid("busy"))

    def test_changed_limits_apply_to_the_running_process(self):
        self.service("web", more='[limits]\nmemory = "64M"\npids = 50\ncpu_weight = 100')
        pid = self.berth.wait("web", "ready")["pid"]
        self.assertEqual(64 * MIB, berth_instance.limit(pid, "memory"))
        self.assertEqual(50, berth_instance.limit(pid, "pids"))
        for memory, pids in ((128, 60), (32, 40)):  # raised, then lowered
            self.service("web", more=f'[limits]\nmemory = "{memory}M"\npids = {pids}')
            berth_instance.poll("the new limits hold", lambda: (
                berth_instance.limit(pid, "memory"),
                berth_instance.limit(pid, "pids")) == (memory * MIB, pids), 10)
        self.service("web")  # and none: the kernel's default is back
        berth_instance.poll("the limits are gone", lambda: (
            berth_instance.limit(pid, "memory"), berth_instance.limit(pid, "pids"))
            == (None, None), 10)
        self.assertEqual(pid, self.berth.pid("web"))
        self.assertEqual(0, self.berth.row("web")["restarts"])

    def test_a_lower_memory_limit_than_is_used_says_so(self):
        fill = "x = bytearray(96 << 20)\nprint('full', flush=True)\nimport time\ntime.sleep(1e6)"
        self.service("web", command=toml(["python3", "-c", fill]),
                     first='stop_signal = "SIGKILL"',
                     more='[limits]\nmemory = "256M"\n[restart]\npolicy = "no"')
        self.berth.wait("web", "ready")
        berth_instance.poll("it is full", lambda: self.berth.logged("web") == ["full"], 20)
        self.service("web", command=toml(["python3", "-c", fill]),
                     first='stop_signal = "SIGKILL"',
                     more='[limits]\nmemory = "16M"\n[restart]\npolicy = "no"')
        # v1 refuses (EBUSY), v2 kills: either way it is told.
        self.berth.until("web", "it is told", lambda row: row["error"] or row["oom_killed"])

    def test_a_memory_limit_too_small_to_start_in_fails_by_its_reason(self):
        self.service("bystander")
        bystander = self.berth.wait("bystander", "ready")["pid"]
        self.service("tiny", command=toml(["python3", "-c", "import time; time.sleep(1e6)"]),
                     more='[limits]\nmemory = "1M"\n[restart]\npolicy = "no"')
        self.berth.until("tiny", "it failed with a reason",
                         lambda row: row["phase"] == "failed"
                         and (row["error"] or row["oom_killed"]))
        self.assertEqual(bystander, self.berth.pid("bystander"))

    def test_cpuset_and_ulimits_are_as_written(self):
        self.service("web", more='[limits]\ncpuset = "0"\nulimits = { nofile = 300, core = 0 }')
        pid = self.berth.wait("web", "ready")["pid"]
        self.assertEqual({0}, os.sched_getaffinity(pid))
        text = pathlib.Path(f"/proc/{pid}/limits").read_text()
        self.assertRegex(text, r"Max open files +300 +300 ")
        self.assertRegex(text, r"Max core file size +0 +0 ")

    def test_all_processes_of_a_container_are_in_its_cgroup(self):
        self.service("web", command='["sh", "-c", "sleep 1000 & sleep 1000 & wait"]',
                     first='stop_signal = "SIGKILL"', more='[limits]\nmemory = "64M"')
        pid = self.berth.wait("web", "ready")["pid"]
        directory, _ = berth_instance.cgroup_directory(pid, "memory")
        berth_instance.poll("three processes", lambda: len(
            (directory / "cgroup.procs").read_text().split()) == 3, 10)
        self.assertIn(f"{self.berth.cgroup}/", str(directory))


def _quota(directory):
    """The processors that a cgroup may use, on v1 and on v2."""
    if (directory / "cpu.max").exists():
        quota, period = (directory / "cpu.max").read_text().split()
    else:
        quota = (directory / "cpu.cfs_quota_us").read_text()
        period = (directory / "cpu.cfs_period_us").read_text()
    return float("inf") if quota.strip() in ("max", "-1") else int(quota) / int(period)


if __name__ == "__main__":
    berth_testing.main()
