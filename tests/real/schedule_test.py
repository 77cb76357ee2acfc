#!/usr/bin/env python3
"""Time of day: oneshots that start by a schedule, changes that wait for an update window."""

import datetime

import berth_testing
from berth_testing import berth_instance


class Schedule(berth_testing.BerthTest):
    def oneshot(self, name, schedule, command, more=""):
        self.service(name, command=command, more=more,
                     first=f'type = "oneshot"\nschedule = "{schedule}"\n')

    def until_logged(self, name, count, seconds=20):
        return berth_instance.poll(
            f"{count} lines of {name}",
            lambda: lines if len(lines := self.berth.logged(name)) >= count else None, seconds)

    def test_it_runs_at_its_times(self):
        self.oneshot("job", "*-*-* *:*:0/2", '["date", "+%s.%N"]')
        self.until_logged("job", 3, seconds=60)
        times = [float(line) for line in self.berth.logged("job")]
        for earlier, later in zip(times, times[1:]):
            self.assertGreaterEqual(int(later) // 2 - int(earlier) // 2, 1,
                                    "twice for the same time")
        # Each begins with an even second; what a loaded machine takes for a launch is not told.
        row = self.berth.until("job", "a next run", lambda row: row["next_run"] != "")
        following = datetime.datetime.fromisoformat(row["next_run"][:19] + "+00:00")
        self.assertEqual(0, following.second % 2)
        self.assertIn("next run", self.berth.berth("ps").stdout)

    def test_it_does_not_run_at_the_start_but_when_an_operator_says_so(self):
        self.oneshot("job", "2199-01-01 UTC", '["echo", "ran"]')
        self.service("web")
        self.berth.wait("web", "ready")
        row = self.berth.until("job", "a next run", lambda row: row["next_run"] != "")
        self.assertEqual("2199-01-01T00:00:00.000000000Z", row["next_run"])
        self.assertEqual(0, row["launch"])
        self.berth.berth("start", "job")
        self.until_logged("job", 1)
        self.berth.until("job", "the end of its run", lambda row: row["completed"])

    def test_a_time_during_a_run_is_skipped_and_told(self):
        self.oneshot("job", "*-*-* *:*:*", '["sh", "-c", "echo began; exec sleep infinity"]')
        row = self.berth.until("job", "a skipped run", lambda row: row["skipped_runs"] > 0,
                               seconds=60)
        self.assertEqual(0, row["restarts"])
        self.assertEqual(["began"], self.berth.logged("job"))
        self.assertIn("is skipped", self.berth.said())

    def test_a_restart_waits_for_the_window_and_a_limit_does_not(self):
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=3)
        window = f'[update]\nwindow = "{soon:%a} 02:00-04:00 UTC"\n'
        idle = '["sh", "-c", "echo one; exec sleep infinity"]'
        self.service("web", command=idle, more=window, first='stop_signal = "SIGKILL"\n')
        before = self.berth.wait("web", "ready")
        self.service("web", command=idle.replace("one", "two"),
                     more=window + '[limits]\nmemory = "64M"\n', first='stop_signal = "SIGKILL"\n')
        row = self.berth.until("web", "what it waits for",
                               lambda row: "waits for its update window" in row["waiting"])
        self.assertIn(f"{soon:%a} 02:00-04:00 UTC (in ", row["waiting"])
        berth_instance.poll("the limit applies", lambda: berth_instance.limit(
            before["pid"], "memory") == 64 << 20, 10)
        self.assertEqual(before["pid"], self.berth.pid("web"))
        self.berth.berth("restart", "web")
        self.until_logged("web", 2)
        self.assertEqual(["one", "two"], self.berth.logged("web"))


if __name__ == "__main__":
    berth_testing.main()
