#!/usr/bin/env python3
"""Dependencies on units of systemd: waited for, started, and what happens when they or the bus go.

The bus is a real dbus-daemon of the test's own, at DBUS_SYSTEM_BUS_ADDRESS. What answers there as
systemd is not systemd but tests/lib/systemd_stand_in.py: it says what a test wants it to say. That
systemd itself says the same is for a machine that runs it to show (units/, docs/definitions.md).
"""

import json
import os
import pathlib
import signal
import subprocess
import sys

import berth_testing
from berth_testing import berth_instance

RUN_SYSTEMD = pathlib.Path("/run/systemd")
STAND_IN = pathlib.Path(__file__).resolve().parents[1] / "lib/systemd_stand_in.py"
MOUNT = "srv-media.mount"
# The interpreter that Debian's python3-dbus belongs to.
PYTHON = "/usr/bin/python3"


class Systemd:
    """A bus, and on it what answers as systemd."""

    def __init__(self, directory):
        self.socket = directory / "bus"
        self.calls_file = directory / "calls"
        self.address = f"unix:path={self.socket}"
        self.bus = self.manager = None
        self.obeyed = 0

    def start(self):
        self.start_bus()
        self.start_manager()

    def start_bus(self):
        self.socket.unlink(missing_ok=True)
        self.bus = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--nopidfile",
                                     f"--address={self.address}"],
                                    stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        berth_instance.poll("the bus listens", self.socket.exists, 10)

    def start_manager(self):
        before = len(self.calls("serving"))
        with open(self.calls_file, "ab") as calls:
            self.manager = subprocess.Popen([PYTHON, STAND_IN, self.address], text=True,
                                            stdin=subprocess.PIPE, stdout=calls)
        berth_instance.poll("the stand-in serves", lambda: len(self.calls("serving")) > before, 20)

    def calls(self, method=""):
        text = self.calls_file.read_text() if self.calls_file.exists() else ""
        return [line for line in text.splitlines() if line.startswith(method)]

    def tell(self, line):
        before = len(self.calls("obeyed"))
        self.manager.stdin.write(line + "\n")
        self.manager.stdin.flush()
        berth_instance.poll(f"{line!r} is obeyed", lambda: len(self.calls("obeyed")) > before, 10)

    def unit(self, name, state, activation=None, **more):
        if activation is not None:
            more["ActiveEnterTimestampMonotonic"] = activation
        words = "".join(f" {key}={value}" for key, value in more.items())
        self.tell(f"unit {name} ActiveState={state}{words}")

    def stop_manager(self):
        if self.manager:
            self.manager.stdin.close()
            self.manager.wait(timeout=10)
        self.manager = None

    def stop_bus(self):
        if self.bus:
            self.bus.send_signal(signal.SIGKILL)
            self.bus.wait(timeout=10)
        self.bus = None

    def stop(self):
        self.stop_manager()
        self.stop_bus()


class UnitsTest(berth_testing.BerthTest):
    booted = True

    def prepare(self):
        made = not RUN_SYSTEMD.is_dir()
        RUN_SYSTEMD.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "berth", RUN_SYSTEMD], check=True)
        if made:
            self.addCleanup(self.unmake)
        if self.booted:
            (RUN_SYSTEMD / "system").mkdir()
        self.systemd = Systemd(self.berth.root)
        self.addCleanup(self.systemd.stop)
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = self.systemd.address
        self.systemd.start()

    # berthd ends first, and is then alone with us.
    def tearDown(self):
        self.systemd.stop()
        super().tearDown()

    def unmake(self):
        subprocess.run(["umount", "-l", RUN_SYSTEMD], check=True)
        RUN_SYSTEMD.rmdir()

    def app(self, unit=MOUNT, how="{}", name="app"):
        self.service(name, more=f'[depends_on]\n"systemd:{unit}" = {how}\n')

    def until_waiting(self, sentence, name="app"):
        self.berth.until(name, f"it {sentence}", lambda row: row["waiting"] == sentence)

    def until_called(self, *calls):
        berth_instance.poll(f"{calls} are called, and not {self.systemd.calls()}",
                            lambda: all(call in self.systemd.calls() for call in calls), 20)


class Waiting(UnitsTest):
    def test_a_container_starts_when_its_unit_is_active(self):
        self.systemd.unit(MOUNT, "activating")
        self.app()
        self.service("other")
        self.until_waiting(f"waits for systemd:{MOUNT} (activating)")
        self.berth.wait("other", "ready")
        self.assertIsNone(self.berth.row("app")["pid"])
        self.systemd.unit(MOUNT, "active", 7)
        self.berth.wait("app", "ready")
        self.assertEqual("", self.berth.row("app")["waiting"])
        self.assertEqual([], self.systemd.calls("StartUnit"))
        self.until_called("Subscribe", f"RefUnit {MOUNT}")
        self.berth.remove("app.toml")
        self.until_called(f"UnrefUnit {MOUNT}")

    def test_completed_waits_for_the_work_of_a_oneshot(self):
        self.systemd.unit("prepare.service", "activating", Type="oneshot", RemainAfterExit="no",
                          Result="success")
        self.app("prepare.service", '{ condition = "completed" }')
        self.until_waiting("waits for systemd:prepare.service to be completed (activating)")
        self.systemd.unit("prepare.service", "inactive", SubState="dead", ExecMainCode=1,
                          ExecMainExitTimestampMonotonic=44)
        self.berth.wait("app", "ready")
        self.assertEqual([], self.systemd.calls("StartUnit"))

    def test_nothing_is_asked_when_no_definition_names_a_unit(self):
        self.service("other")
        self.berth.wait("other", "ready")
        self.assertEqual(["serving"], self.systemd.calls())


class Starting(UnitsTest):
    def test_an_inactive_unit_is_started_for_the_container_that_waits(self):
        self.systemd.tell(f"on-start {MOUNT} done")
        self.app()
        self.berth.wait("app", "ready")
        self.assertEqual([f"StartUnit {MOUNT} fail"], self.systemd.calls("StartUnit"))

    def test_a_start_takes_as_long_as_it_takes(self):
        self.systemd.tell(f"on-start {MOUNT} hold")
        self.app()
        self.until_called(f"StartUnit {MOUNT} fail")
        self.until_waiting(f"waits for systemd:{MOUNT} (activating)")
        self.systemd.tell(f"end {MOUNT} done")
        self.berth.wait("app", "ready")
        self.assertEqual(1, len(self.systemd.calls("StartUnit")))

    def test_a_unit_that_fails_is_tried_again_and_why_it_failed_is_told(self):
        self.systemd.tell(f"on-start {MOUNT} dependency")
        self.app()
        self.until_waiting(f"waits for systemd:{MOUNT} (failed): a unit that it needs did not start")
        self.systemd.tell(f"on-start {MOUNT} done")
        self.berth.wait("app", "ready")
        self.assertGreater(len(self.systemd.calls("StartUnit")), 1)

    def test_a_unit_that_is_not_there_is_told_in_systemds_words(self):
        self.systemd.tell(f"on-start {MOUNT} missing")
        self.app()
        self.until_waiting(f"waits for systemd:{MOUNT} (inactive): Unit {MOUNT} not found.")

    def test_the_plan_shows_the_start_of_a_unit(self):
        self.systemd.tell(f"on-start {MOUNT} hold")
        self.app()
        self.until_called(f"StartUnit {MOUNT} fail")
        self.systemd.tell(f"end {MOUNT} failed")
        self.berth.until("app", "its unit failed", lambda row: "(failed)" in row["waiting"])
        self.systemd.tell(f"on-start {MOUNT} missing")
        plan = json.loads(self.berth.berth("plan", "-o", "json").stdout)
        units = [item for item in plan["items"] if item["kind"] == "unit"]
        self.assertEqual([f"systemd:{MOUNT}"], [item["name"] for item in units])
        self.assertEqual("start", units[0]["fate"])
        self.assertIn("needed by app", units[0]["reason"])


class Afterwards(UnitsTest):
    def test_a_unit_that_stops_ends_nothing_and_one_that_starts_anew_restarts_on_request(self):
        self.systemd.unit(MOUNT, "active", 7)
        self.app()
        self.app(how="{ restart = true }", name="follower")
        app = self.berth.wait("app", "ready")["pid"]
        follower = self.berth.wait("follower", "ready")["pid"]
        self.systemd.unit(MOUNT, "inactive")
        self.systemd.unit(MOUNT, "active", 8)
        self.berth.until("follower", "it is started anew",
                         lambda row: row["pid"] not in (None, follower))
        self.assertEqual(app, self.berth.pid("app"))
        self.assertIn(f"dependency systemd:{MOUNT} restarted", self.berth.said(1000))
        self.assertEqual([], self.systemd.calls("StartUnit"))

    def test_a_bus_that_goes_and_comes_back(self):
        self.systemd.unit(MOUNT, "active", 7)
        self.app(how="{ restart = true }")
        pid = self.berth.wait("app", "ready")["pid"]
        self.systemd.stop()
        self.app(name="late")
        self.berth.until("late", "it says that the bus is gone", lambda row: row["waiting"].startswith(
            f"waits for systemd:{MOUNT}: systemd cannot be reached over the system bus: "))
        self.systemd.start()
        self.systemd.unit(MOUNT, "active", 7)
        self.berth.wait("late", "ready", 60)
        self.assertEqual(pid, self.berth.pid("app"))

    def test_systemd_that_is_started_again_is_asked_again(self):
        self.systemd.unit(MOUNT, "activating")
        self.app()
        self.until_waiting(f"waits for systemd:{MOUNT} (activating)")
        self.systemd.stop_manager()
        self.systemd.start_manager()
        self.systemd.unit(MOUNT, "active", 9)
        self.berth.wait("app", "ready", 60)


class WithoutSystemd(UnitsTest):
    booted = False

    def test_the_container_waits_says_why_and_holds_nobody_up(self):
        self.app()
        self.service("other")
        self.berth.wait("other", "ready")
        self.until_waiting(f"waits for systemd:{MOUNT}: it needs systemd, which does not run here")
        self.assertEqual(["serving"], self.systemd.calls())
        checked = self.berth.berth("check")
        self.assertEqual((0, ""), (checked.returncode, checked.stderr))


if __name__ == "__main__":
    if subprocess.run([PYTHON, "-c", "import dbus, gi"], check=False, capture_output=True).returncode:
        print("skipped: not installed: python3-dbus, python3-gi")
        sys.exit(berth_testing.SKIPPED)
    berth_testing.main()
