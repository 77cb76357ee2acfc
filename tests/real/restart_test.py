#!/usr/bin/env python3
"""Restart policies: who is started again, after how long, and when berth gives up."""

import os
import signal

import berth_testing

FAIL = '["sh", "-c", "date +%s%N >> /shared/starts; exit 3"]'
SUCCEED = '["sh", "-c", "date +%s%N >> /shared/starts; exit 0"]'


class Restart(berth_testing.BerthTest):
    def run_with(self, command, restart, kind="service"):
        self.service("web", command=command, first=f'type = "{kind}"\n{self.shares}',
                     more=f"[restart]\n{restart}")

    def test_no_means_no(self):
        self.run_with(FAIL, 'policy = "no"')
        row = self.berth.until("web", "it failed", lambda row: row["phase"] == "failed")
        self.assertEqual((3, None, False, 0), (row["exit_code"], row["signal"],
                                               row["oom_killed"], row["restarts"]))
        self.assertIn("exit code 3", self.berth.berth("status", "web").stdout)
        self.assertEqual(1, len(self.lines("starts")))

    def test_on_failure_leaves_a_success_alone(self):
        self.run_with(SUCCEED, 'policy = "on-failure"')
        row = self.berth.wait("web", "stopped")
        self.assertEqual((0, 0), (row["exit_code"], row["restarts"]))

    def test_on_failure_starts_a_failure_again(self):
        self.run_with(FAIL, 'policy = "on-failure"\ndelay = "10ms"\nburst = 1000')
        self.until_lines("starts", 3)

    def test_always_starts_a_success_again(self):
        self.run_with(SUCCEED, 'policy = "always"\ndelay = "10ms"\nburst = 1000')
        self.until_lines("starts", 3)

    def test_unless_stopped_starts_a_success_again_but_not_after_a_stop(self):
        self.run_with('["sh", "-c", "trap \'exit 0\' TERM; echo x >> /shared/starts; '
                      'sleep infinity & wait"]', 'policy = "unless-stopped"\ndelay = "10ms"')
        self.berth.wait("web", "ready")
        self.assertEqual(0, self.berth.berth("stop", "web").returncode)
        row = self.berth.wait("web", "stopped")
        self.assertIsNone(row["pid"])
        # A stop by an operator lasts over a restart of berthd.
        self.berth.stop()
        self.berth.start()
        self.service("last")
        self.berth.wait("last", "ready")
        row = self.berth.row("web")
        self.assertEqual((None, "stop"), (row["pid"], row["intent"]))
        self.assertEqual(0, self.berth.berth("start", "web").returncode)
        self.berth.wait("web", "ready")

    def test_too_many_starts_within_the_interval_are_the_end(self):
        self.run_with(FAIL, 'policy = "always"\ndelay = "10ms"\nmax_delay = "20ms"\nburst = 3')
        row = self.berth.until("web", "berth gave up", lambda row: row["phase"] == "failed")
        # More than burst starts within the interval: the fourth one is not made.
        self.assertEqual(3, len(self.lines("starts")))
        self.assertTrue(row["error"])
        self.berth.berth("start", "web")  # an operator says otherwise
        self.until_lines("starts", 4)

    def test_a_new_definition_says_otherwise_too(self):
        self.run_with(FAIL, 'policy = "always"\ndelay = "10ms"\nburst = 2')
        self.berth.until("web", "berth gave up", lambda row: row["phase"] == "failed")
        self.service("web")
        self.berth.wait("web", "ready")

    def test_the_delay_grows_by_its_factor_up_to_its_most(self):
        self.run_with(FAIL, 'delay = "100ms"\nfactor = 2.0\nmax_delay = "400ms"\nburst = 1000')
        starts = [int(line) / 1e9 for line in self.until_lines("starts", 6)]
        gaps = [after - before for before, after in zip(starts, starts[1:])]
        for gap, least in zip(gaps, (0.1, 0.2, 0.4, 0.4, 0.4)):
            # The wait is as long as written; what a launch takes comes on top.
            self.assertGreater(gap, least - 0.01, gaps)
            self.assertLess(gap, least + 1.5, gaps)

    def test_a_signal_is_told_from_an_exit_code(self):
        self.service("web", more='[restart]\npolicy = "no"')
        os.kill(self.berth.wait("web", "ready")["pid"], signal.SIGKILL)
        row = self.berth.until("web", "it failed", lambda row: row["phase"] == "failed")
        self.assertEqual((None, "SIGKILL", False),
                         (row["exit_code"], row["signal"], row["oom_killed"]))

    def test_a_failed_health_check_restarts(self):
        self.service("web", first=self.shares, more='[healthcheck]\n'
                     'exec = ["test", "!", "-e", "/shared/sick"]\ninterval = "100ms"\n'
                     'timeout = "2s"\nretries = 2\n[restart]\ndelay = "10ms"')
        before = self.berth.wait("web", "ready")
        (self.shared / "sick").touch()
        self.berth.until("web", "it was restarted", lambda row: row["restarts"] > 0)
        (self.shared / "sick").unlink()
        after = self.berth.until("web", "it is well again", lambda row: row["phase"] == "ready"
                                 and row["pid"] != before["pid"])
        self.assertEqual("healthy", after["health"])

    def test_a_failed_health_check_can_be_told_and_no_more(self):
        self.service("web", first=self.shares, more='[healthcheck]\n'
                     'exec = ["test", "!", "-e", "/shared/sick"]\ninterval = "100ms"\n'
                     'timeout = "2s"\nretries = 2\non_failure = "none"')
        before = self.berth.wait("web", "ready")
        (self.shared / "sick").touch()
        self.berth.wait("web", "unhealthy")
        (self.shared / "sick").unlink()
        after = self.berth.wait("web", "ready")
        self.assertEqual(before["pid"], after["pid"])

    def test_an_operators_restart_does_not_count_as_a_failure(self):
        self.service("web", more="[restart]\nburst = 2")
        pids = {self.berth.wait("web", "ready")["pid"]}
        for _ in range(4):
            self.assertEqual(0, self.berth.berth("restart", "web").returncode)
            pids.add(self.berth.until("web", "a new process", lambda row: row["phase"] == "ready"
                                      and row["pid"] not in pids)["pid"])
        self.assertEqual(5, len(pids))


if __name__ == "__main__":
    berth_testing.main()
