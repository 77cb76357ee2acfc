#!/usr/bin/env python3
"""The worker is killed, hangs, or all of berthd executes itself anew; containers do not notice."""

import os
import signal
from pathlib import Path

import berth_testing
from berth_testing import berth_instance

# Ends with 7 when it is told to.
ENDING = """["sh", "-c", "trap 'exit 7' USR1; while :; do sleep 0.1; done"]"""


def start_time(pid):
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]


def alive(pid):
    """A zombie has no command line."""
    path = Path(f"/proc/{pid}/cmdline")
    return path.exists() and path.read_bytes() != b""


def children(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Adoption(berth_testing.BerthTest):
    def worker(self):
        for pid in children(self.berth.daemon.pid):
            if b"\0worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return None

    def up(self, name, **more):
        self.service(name, **more)
        pid = self.berth.wait(name, "ready")["pid"]
        return pid, start_time(pid)

    def kill_worker(self, number=signal.SIGKILL, seconds=20):
        before = self.worker()
        os.kill(before, number)
        berth_instance.poll("there is another worker",
                            lambda: self.worker() not in (None, before), seconds)
        berth_instance.poll("it answers", lambda: self.berth.berth("ps").returncode == 0, 20)

    def assert_same(self, name, pid, began):
        row = self.berth.wait(name, "ready")
        self.assertEqual(pid, row["pid"])
        self.assertEqual(began, start_time(pid))
        self.assertEqual(0, row["restarts"])

    def test_a_container_outlives_the_worker(self):
        pid, began = self.up("web")
        for _ in range(3):
            self.kill_worker()
            self.assert_same("web", pid, began)

    def test_a_worker_that_hangs_is_replaced(self):
        pid, began = self.up("web")
        self.kill_worker(signal.SIGSTOP, seconds=60)
        self.assert_same("web", pid, began)

    def test_an_end_while_there_is_no_worker_is_told_as_it_was(self):
        pid, _ = self.up("web", command=ENDING, more='[restart]\npolicy = "no"')
        os.kill(self.worker(), signal.SIGSTOP)
        os.kill(pid, signal.SIGUSR1)
        berth_instance.poll("it has ended", lambda: not Path(f"/proc/{pid}").exists(), 10)
        self.kill_worker()
        row = self.berth.wait("web", "failed")
        self.assertEqual("exit code 7", row["last_exit"], row)

    def test_everything_is_executed_anew_while_containers_run(self):
        pid, began = self.up("web")
        before = self.worker()
        os.kill(self.berth.daemon.pid, signal.SIGHUP)
        berth_instance.poll("there is another worker",
                            lambda: self.worker() not in (None, before), 20)
        berth_instance.poll("it answers", lambda: self.berth.berth("ps").returncode == 0, 20)
        self.assert_same("web", pid, began)

    def test_containers_outlive_the_keeper_and_the_next_one_adopts_them(self):
        pid, began = self.up("web")
        self.up("brief", command=ENDING, more='[restart]\npolicy = "no"')
        brief = self.berth.pid("brief")
        worker = self.worker()
        before = self.berth.before
        self.berth.daemon.kill()
        self.berth.daemon.wait()
        berth_instance.poll("the worker ends with it",
                            lambda: not alive(worker), 10)
        self.berth.start()
        self.berth.before = before
        self.assert_same("web", pid, began)
        # Its parent is the namespace's init now; the kernel tells who holds its pidfd.
        os.kill(brief, signal.SIGUSR1)
        row = self.berth.wait("brief", "failed")
        self.assertIn(row["last_exit"], ("exit code 7", "unknown"))


if __name__ == "__main__":
    berth_testing.main()
