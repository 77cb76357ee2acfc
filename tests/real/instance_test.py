#!/usr/bin/env python3
"""An instance over its restarts, beside others, and with settings that change or break."""

import subprocess

import berth_testing
from berth_testing import berth_instance

KEEP = """["sh", "-c", "trap 'exit 0' TERM; cat /kept; echo written > /kept; echo up; sleep infinity & wait"]"""


class Instance(berth_testing.BerthTest):
    def restart(self):
        self.berth.stop()
        self.berth.start()

    def test_a_file_that_is_broken_at_the_start_does_not_cost_the_layer(self):
        self.service("web", command=KEEP)
        self.berth.wait("web", "ready")
        berth_instance.poll("it has written", lambda: self.berth.berth("plan").returncode == 0, 10)
        self.berth.stop()
        good = (self.berth.containers / "web.toml").read_text()
        self.berth.write("web.toml", "template = [")
        self.berth.start()
        berth_instance.poll("the mistake is told", self.berth.problems, 10)
        self.berth.write("web.toml", good)
        self.berth.wait("web", "ready")
        berth_instance.poll("the first run's file is there",
                            lambda: "written" in self.berth.logged("web"), 10)

    def test_a_removed_definition_costs_the_layer(self):
        self.service("web", command=KEEP)
        self.berth.wait("web", "ready")
        self.berth.remove("web.toml")
        self.berth.until_gone("web")
        self.assertFalse((self.berth.root / "var/lib/berth/containers/web").exists())

    def test_a_second_berthd_with_the_same_cgroup_is_refused(self):
        self.service("web")
        pid = self.berth.wait("web", "ready")["pid"]
        other = self.berth.root / "other"
        (other / "etc/berth").mkdir(parents=True)
        (other / "etc/berth/berthd.toml").write_text(f'cgroup = "{self.berth.cgroup}"\n')
        done = subprocess.run([self.berth.binaries / "berthd", "--root", other],
                              capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertIn("belongs to another berthd", done.stderr)
        self.assertEqual(pid, self.berth.pid("web"))

    def test_a_broken_or_changed_berthd_toml_moves_nobody(self):
        self.service("web")
        before = self.berth.wait("web", "ready")
        settings = self.berth.root / "etc/berth/berthd.toml"
        text = settings.read_text()
        settings.write_text(text + "x =\n")
        berth_instance.poll("the mistake is told", self.berth.problems, 10)
        settings.write_text(text + 'subnet = "10.99.0.0/16"\nbridge = "other0"\n')
        berth_instance.poll("it is told that they wait", lambda: any(
            "bridge, subnet" in notice for notice in self.berth.json("status")["notices"]), 10)
        after = self.berth.row("web")
        self.assertEqual((before["pid"], before["addresses"]), (after["pid"], after["addresses"]))

    def test_a_directory_that_vanishes_is_told_and_moves_nobody(self):
        self.service("web")
        pid = self.berth.wait("web", "ready")["pid"]
        away = self.berth.containers.with_name("away")
        self.berth.containers.rename(away)
        berth_instance.poll("it is told", lambda: any(
            "is not there" in notice for notice in self.berth.json("status")["notices"]), 10)
        self.assertEqual(pid, self.berth.pid("web"))
        away.rename(self.berth.containers)
        berth_instance.poll("all is well again",
                            lambda: not self.berth.json("status")["notices"], 10)
        self.assertEqual(pid, self.berth.pid("web"))

    def test_a_start_starts_what_an_operator_had_stopped_below_it(self):
        self.service("db")
        self.service("app", first='depends_on = { db = { restart = true } }')
        self.berth.wait("app", "ready")
        self.assertEqual(0, self.berth.berth("stop", "db").returncode)
        self.berth.wait("app", "stopped")
        self.assertEqual(0, self.berth.berth("start", "app").returncode)
        self.assertEqual(["ready", "ready"],
                         [self.berth.row(name)["phase"] for name in ("db", "app")])

    def test_what_waits_says_for_what(self):
        self.service("db", first="autostart = false")
        self.berth.until("db", "it is known", lambda row: row["desired"])
        self.assertEqual(0, self.berth.berth("stop", "db").returncode)
        self.service("app", first='depends_on = ["db"]')
        row = self.berth.until("app", "it says for what it waits", lambda row: row["waiting"])
        self.assertIn("db", row["waiting"])

    def test_leases_layers_and_logs_last_over_a_restart(self):
        self.service("db")
        self.service("web", command=KEEP)
        before = self.berth.wait("web", "ready")
        berth_instance.poll("the file is written", lambda: "up" in self.berth.logged("web"), 10)
        self.restart()
        after = self.berth.wait("web", "ready")
        self.assertEqual(before["addresses"], after["addresses"])
        berth_instance.poll("the first run's file is there",
                            lambda: "written" in self.berth.logged("web"), 10)


if __name__ == "__main__":
    berth_testing.main()
