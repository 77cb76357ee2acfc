#!/usr/bin/env python3
"""berth plan: what it says is what berthd then does, and nothing is stopped for what is not there."""

import json
import pathlib

import berth_testing
from berth_testing import IDLE
from berth_testing import berth_instance


class Plan(berth_testing.BerthTest):
    def checkout(self, **files):
        """A directory with these definitions; each value stands below template and command."""
        directory = self.berth.root / "checkout"
        (directory / "containers").mkdir(parents=True, exist_ok=True)
        for old in (directory / "containers").iterdir():
            old.unlink()
        for name, more in files.items():
            (directory / "containers" / f"{name}.toml").write_text(
                f'template = "host"\ncommand = {IDLE}\nstop_timeout = "2s"\n{more}\n')
        return directory

    def take_up(self, directory):
        """As a pipeline would: what is in the checkout, and nothing else."""
        for path in (directory / "containers").iterdir():
            self.berth.write(path.name, path.read_text())
        for path in self.berth.containers.iterdir():
            if not (directory / "containers" / path.name).exists():
                path.unlink()

    def fates(self, *arguments):
        result = self.berth.berth("plan", *arguments, "-o", "json")
        document = json.loads(result.stdout)
        return result.returncode, {item["name"]: item["fate"] for item in document["items"]}

    def settled(self):
        berth_instance.poll("nothing is left to do",
                            lambda: self.berth.berth("plan").returncode == 0, 20)

    def test_what_a_checkout_is_said_to_do_is_what_is_then_done(self):
        follower = "[depends_on]\nweb = { restart = true }"
        self.take_up(self.checkout(web='[environment]\nTZ = "UTC"', api=follower,
                                   cache='[limits]\nmemory = "64M"', old="", same=""))
        for name in ("web", "api", "cache", "old", "same"):
            self.berth.wait(name, "ready")
        self.settled()
        before = {name: row["pid"] for name, row in self.berth.ps().items()}
        checkout = self.checkout(web='[environment]\nTZ = "Europe/Berlin"', api=follower,
                                 cache='[limits]\nmemory = "128M"', same="", db="")
        status, fates = self.fates(str(checkout))
        self.assertEqual(2, status)
        self.assertEqual({"web": "restart", "api": "restart", "cache": "update", "old": "remove",
                          "db": "create"}, fates)
        text = self.berth.berth("plan", str(checkout)).stdout
        self.assertTrue(text.startswith(
            "1 to create, 1 to update live, 2 to restart, 1 to remove; generation "), text)
        self.assertIn("environment.TZ: UTC -> Europe/Berlin", text)
        self.assertIn("because web does", text)
        self.assertEqual(before, {name: row["pid"] for name, row in self.berth.ps().items()})

        self.take_up(checkout)
        self.berth.until_gone("old")
        self.berth.wait("db", "ready")
        for name in ("web", "api"):
            self.berth.until(name, "a new process",
                             lambda row, name=name: row["phase"] == "ready"
                             and row["pid"] != before[name])
        self.settled()
        for name in ("cache", "same"):
            self.assertEqual(before[name], self.berth.pid(name))

    def test_a_saved_state_is_planned_against_without_a_daemon(self):
        self.service("web")
        self.berth.wait("web", "ready")
        self.settled()
        state = self.berth.root / "state.json"
        state.write_text(self.berth.berth("state", "-o", "json").stdout)
        checkout = self.checkout(web='[environment]\nA = "1"', new="")
        live = self.berth.berth("plan", str(checkout))
        self.berth.stop()
        saved = self.berth.berth("plan", "--no-daemon", str(state), str(checkout))
        self.assertEqual((2, live.stdout), (saved.returncode, saved.stdout), saved.stderr)
        state.write_text('{"document": "other"}')
        refused = self.berth.berth("plan", "--no-daemon", str(state), str(checkout))
        self.assertEqual(1, refused.returncode)
        self.assertIn("no state document of berth", refused.stderr)
        wrong = self.berth.berth("plan", "--no-daemon", str(state), "/nowhere")
        self.assertEqual(1, wrong.returncode)

    def test_what_is_missing_is_found_by_the_plan(self):
        checkout = self.checkout(
            web='mounts = ["/nowhere/at/all:/data"]\n[limits]\ncpuset = "4000"', bad="comand = 1")
        result = self.berth.berth("plan", str(checkout))
        self.assertEqual(1, result.returncode)
        self.assertIn("mounts[0].source: /nowhere/at/all: No such file or directory",
                      result.stdout)
        self.assertIn("processor 4000 is not there", result.stdout)
        self.assertIn("comand", result.stdout)

    def test_a_container_runs_on_while_its_new_definition_lacks_something(self):
        follower = '[depends_on]\nweb = { restart = true }'
        self.service("web")
        self.service("api", more=follower)
        before = {name: self.berth.wait(name, "ready")["pid"] for name in ("web", "api")}
        missing = self.shared / "not-yet"
        self.service("web", first=f'mounts = ["{missing}:/data"]')
        row = self.berth.until("web", "it is held back",
                               lambda row: row["error"].startswith("held back: "))
        self.assertIn(f"web.toml:4", row["error"])
        self.assertIn(f"mounts[0].source: {missing}: No such file or directory", row["error"])
        self.assertEqual("ready", row["phase"])
        self.assertEqual(before, {name: self.berth.pid(name) for name in before})
        pathlib.Path(missing).mkdir()
        for name in before:
            self.berth.until(name, "a new process",
                             lambda row, name=name: row["phase"] == "ready"
                             and row["pid"] != before[name])
        self.assertEqual("", self.berth.row("web")["error"])


if __name__ == "__main__":
    berth_testing.main()
