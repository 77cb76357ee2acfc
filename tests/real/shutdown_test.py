#!/usr/bin/env python3
"""The end of berthd: everything is stopped, and nothing of it is left on the host."""

import signal

import berth_testing
from berth_testing import berth_instance


class Shutdown(berth_testing.BerthTest):
    def test_nothing_is_left(self):
        self.service("web", first='ports = ["127.0.0.1:18080:8080"]')
        self.service("data", first='mounts = [{ type = "tmpfs", target = "/x", size = "1M" }]')
        self.service("failing", command='["false"]', more='[restart]\ndelay = "1h"\nmax_delay = "1h"')
        for name in ("web", "data"):
            self.berth.wait(name, "ready")
        self.berth.wait("failing", "backing-off")
        self.assertNotEqual([], self.berth.leftovers())  # there is something to leave
        self.berth.stop()
        self.assert_nothing_left()

    def test_an_interrupt_is_as_good(self):
        self.service("web")
        self.berth.wait("web", "ready")
        self.berth.stop(signal.SIGINT)
        self.assert_nothing_left()

    def test_whoever_does_not_listen_is_killed_after_its_time(self):
        self.service("deaf", command='["sleep", "infinity"]')  # process 1 ignores SIGTERM
        self.berth.wait("deaf", "ready")
        self.berth.stop(seconds=15)
        self.assert_nothing_left()

    def test_a_stop_in_the_middle_of_starting_leaves_nothing_either(self):
        for number in range(12):
            self.service(f"c{number}")
        berth_instance.poll("the first one begins",
                            lambda: any(row["phase"] != "absent"
                                        for row in self.berth.ps().values()), 10)
        self.berth.stop()
        self.assert_nothing_left()

    def test_everything_comes_back_with_the_next_start(self):
        self.service("web")
        addresses = self.berth.wait("web", "ready")["addresses"]
        self.berth.stop()
        self.berth.start()
        self.assertEqual(addresses, self.berth.wait("web", "ready")["addresses"])

    def test_a_second_berthd_on_the_same_root_is_refused(self):
        second = berth_instance.subprocess.run(
            [self.berth.binaries / "berthd", "--root", self.berth.root],
            capture_output=True, text=True, timeout=20, check=False)
        self.assertNotEqual(0, second.returncode)
        self.assertIn("another berthd", second.stderr)
        self.service("web")
        self.berth.wait("web", "ready")


if __name__ == "__main__":
    berth_testing.main()
