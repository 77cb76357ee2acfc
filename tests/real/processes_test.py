#!/usr/bin/env python3
"""The processes of berthd: who is whose parent, what each is called, and a worker that dies."""

import os
import pathlib
import signal

import berth_testing
from berth_testing import berth_instance


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    except OSError:
        return []


def parent(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


class Processes(berth_testing.BerthTest):
    def role(self, name):
        """The process ids of our workers or launchers."""
        return [int(entry.name) for entry in pathlib.Path("/proc").iterdir()
                if entry.name.isdigit() and name in command_line(entry.name)[1:2]]

    def test_the_keeper_is_the_parent_of_all(self):
        self.service("web")
        container = self.berth.wait("web", "ready")["pid"]
        keeper = self.berth.daemon.pid
        worker, launchers = self.role("worker"), self.role("launcher")
        self.assertEqual(1, len(worker))
        self.assertGreaterEqual(len(launchers), 1)
        for pid in [container, *worker, *launchers]:
            self.assertEqual(keeper, parent(pid), command_line(pid))

    def test_none_of_them_starts_a_thread(self):
        self.service("web", more='[healthcheck]\nexec = ["true"]\ninterval = "100ms"')
        self.berth.wait("web", "ready")
        for pid in [self.berth.daemon.pid, *self.role("worker"), *self.role("launcher")]:
            self.assertEqual(1, threads(pid), command_line(pid))

    def test_a_worker_that_dies_is_started_again_and_adopts_the_containers(self):
        self.service("web")
        before = self.berth.wait("web", "ready")["pid"]
        worker, = self.role("worker")
        os.kill(worker, signal.SIGKILL)
        berth_instance.poll("another worker answers", lambda: worker not in self.role("worker")
                            and self.berth.berth("ps").returncode == 0, 20)
        self.assertEqual(before, self.berth.wait("web", "ready")["pid"])

    def test_a_launcher_that_dies_is_replaced(self):
        launchers = self.role("launcher")
        for pid in launchers:
            os.kill(pid, signal.SIGKILL)
        self.service("web")
        self.berth.wait("web", "ready")
        self.assertFalse(set(launchers) & set(self.role("launcher")))

    def test_only_containers_outlive_the_keeper(self):
        """Nobody supervises them then; but the next berthd adopts them."""
        self.service("web")
        before = self.berth.wait("web", "ready")["pid"]
        self.berth.daemon.kill()
        self.berth.daemon.wait()
        berth_instance.poll("worker and launchers die with it",
                            lambda: not self.role("worker") + self.role("launcher"), 10)
        known = self.berth.before
        self.berth.start()
        self.berth.before = known
        self.assertEqual(before, self.berth.wait("web", "ready")["pid"])


if __name__ == "__main__":
    berth_testing.main()
