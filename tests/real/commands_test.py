#!/usr/bin/env python3
"""The command line: what each command prints, as JSON too, and its exit status."""

import json
import os
import select
import subprocess

import berth_testing
from berth_testing import berth_instance

PS_MEMBERS = {"name", "phase", "pid", "restarts", "exit_code", "signal", "oom_killed", "health",
              "addresses", "generation", "error"}


class Commands(berth_testing.BerthTest):
    def test_ps_lists_every_container(self):
        self.service("web", more='[healthcheck]\nexec = ["true"]\ninterval = "100ms"')
        self.service("job", command='["true"]', first='type = "oneshot"')
        pid = self.berth.wait("web", "ready")["pid"]
        self.berth.wait("job", "stopped")
        rows = self.berth.json("ps")
        self.assertEqual(["job", "web"], [row["name"] for row in rows])
        for row in rows:
            self.assertLessEqual(PS_MEMBERS, set(row))
        job, web = rows
        self.assertEqual((None, 0, None), (job["pid"], job["exit_code"], job["signal"]))
        self.assertEqual((pid, None, "healthy"), (web["pid"], web["exit_code"], web["health"]))
        self.assertEqual(0, web["restarts"])
        table = self.berth.berth("ps").stdout.splitlines()
        self.assertEqual(3, len(table))
        self.assertIn("NAME", table[0])
        for word in ("web", "ready", "healthy", web["addresses"][0]):
            self.assertIn(word, table[2].split())

    def test_ps_of_nothing_is_an_empty_array(self):
        self.assertEqual([], self.berth.json("ps"))

    def test_status_of_one_and_of_the_host(self):
        self.service("web")
        pid = self.berth.wait("web", "ready")["pid"]
        one = self.berth.json("status", "web")
        self.assertEqual(("web", "ready", pid), (one["name"], one["phase"], one["pid"]))
        text = self.berth.berth("status", "web").stdout
        for word in ("web", "ready", str(pid)):
            self.assertIn(word, text)
        host = self.berth.json("status")
        self.assertEqual(1, host["running"])
        self.assertEqual([], host["problems"])

    def test_a_name_that_nobody_has_is_an_error_that_helps(self):
        self.service("web")
        self.berth.wait("web", "ready")
        for command in (["status", "wbe"], ["stop", "wbe"], ["start", "wbe"], ["restart", "wbe"],
                        ["logs", "wbe"], ["wait", "wbe", "--phase", "ready", "--timeout", "1s"]):
            result = self.berth.berth(*command)
            self.assertNotEqual(0, result.returncode, command)
            self.assertIn("wbe", result.stderr, command)
        self.assertIn("web", self.berth.berth("status", "wbe").stderr)

    def test_stop_start_restart_by_name_and_group(self):
        for name in ("one", "two"):
            self.service(name, first='groups = ["shop"]')
        self.service("other")
        other = self.berth.wait("other", "ready")["pid"]
        pids = {name: self.berth.wait(name, "ready")["pid"] for name in ("one", "two")}
        self.assertEqual(0, self.berth.berth("stop", "--group", "shop").returncode)
        for name in ("one", "two"):
            self.assertIsNone(self.berth.wait(name, "stopped")["pid"])
        self.assertEqual(0, self.berth.berth("start", "one").returncode)
        self.berth.wait("one", "ready")
        self.assertEqual("stopped", self.berth.row("two")["phase"])
        self.assertEqual(0, self.berth.berth("start", "--group", "shop").returncode)
        self.berth.wait("two", "ready")
        before = self.berth.pid("one")
        self.assertNotEqual(pids["one"], before)
        self.assertEqual(0, self.berth.berth("restart", "one", "two").returncode)
        self.berth.until("one", "a new process", lambda row: row["phase"] == "ready"
                         and row["pid"] != before)
        self.assertEqual(other, self.berth.pid("other"))

    def test_a_stop_lasts_over_new_generations(self):
        self.service("web")
        self.berth.wait("web", "ready")
        self.berth.berth("stop", "web")
        self.berth.wait("web", "stopped")
        self.service("late")
        self.berth.wait("late", "ready")
        self.assertEqual("stopped", self.berth.row("web")["phase"])

    def test_plan_says_nothing_to_do(self):
        self.service("web")
        self.berth.wait("web", "ready")
        berth_instance.poll("nothing is left to do",
                            lambda: self.berth.berth("plan").returncode == 0, 10)
        listed = self.berth.berth("plan", "-o", "json")
        document = json.loads(listed.stdout)
        self.assertEqual((0, [], []), (listed.returncode, document["items"], document["actions"]))

    def test_plan_says_what_is_to_be_done(self):
        gate = self.shared / "go"
        self.service("db", first=self.shares,
                     more=f'[healthcheck]\nexec = ["test", "-e", "/shared/{gate.name}"]\n'
                          'interval = "100ms"\nstart_period = "30s"')
        self.service("web", more='[depends_on]\ndb = { condition = "healthy" }')
        self.berth.until("db", "it runs", lambda row: row["pid"])
        result = self.berth.berth("plan", "-o", "json")
        self.assertEqual(2, result.returncode, result.stderr)
        actions = json.loads(result.stdout)["actions"]
        self.assertIn(("web", "launch"),
                      [(action["subject"], action["action"]) for action in actions])
        self.assertTrue(all(action["reason"] for action in actions))
        self.assertEqual(2, self.berth.berth("plan").returncode)

    def test_wait_ends_when_the_phase_is_there_or_the_time_is_over(self):
        self.service("web")
        self.assertEqual(0, self.berth.berth("wait", "web", "--phase", "ready",
                                             "--timeout", "20s").returncode)
        late = self.berth.berth("wait", "web", "--phase", "failed", "--timeout", "200ms")
        self.assertNotEqual(0, late.returncode)
        wrong = self.berth.berth("wait", "web", "--phase", "happy", "--timeout", "200ms")
        self.assertNotEqual(0, wrong.returncode)
        self.assertIn("happy", wrong.stderr)

    def test_events_tell_what_happens(self):
        events = subprocess.Popen(
            [self.berth.binaries / "berth", "--root", self.berth.root, "events", "-o", "json"],
            stdout=subprocess.PIPE, text=True)
        try:
            # It has subscribed as soon as it tells anything: until then there is ever more to tell.
            number = 0
            while not select.select([events.stdout], [], [], 0.3)[0]:
                number += 1
                self.assertLess(number, 50, "events tells nothing")
                self.service(f"noise-{number}", command='["true"]', first='type = "oneshot"')
            self.service("web")
            seen = []
            while ("web", "ready") not in seen:
                event = json.loads(events.stdout.readline())
                seen.append((event.get("container"), event.get("phase")))
                self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT")
        finally:
            events.kill()
            events.wait()
            events.stdout.close()

    def test_versions(self):
        for program in ("berth", "berthd"):
            result = subprocess.run([self.berth.binaries / program, "--version"],
                                    capture_output=True, text=True, check=False)
            self.assertEqual(0, result.returncode)
            self.assertRegex(result.stdout, rf"^{program} \d+\.\d+\.\d+\n$")

    def test_words_that_nobody_knows_are_usage_errors(self):
        for words in (["frobnicate"], ["ps", "--nonsense"], ["wait"], []):
            result = self.berth.berth(*words)
            self.assertEqual(64, result.returncode, words)
            self.assertEqual("", result.stdout, words)
            self.assertTrue(result.stderr, words)

    def test_the_root_comes_from_the_environment_too(self):
        result = subprocess.run([self.berth.binaries / "berth", "ps", "-o", "json"],
                                env=os.environ | {"BERTH_ROOT": str(self.berth.root)},
                                capture_output=True, text=True, check=False)
        self.assertEqual((0, []), (result.returncode, json.loads(result.stdout)))

    def test_colours_are_for_terminals(self):
        self.service("web")
        self.berth.wait("web", "ready")
        for command in ("ps", "status"):
            self.assertNotIn("\033", self.berth.berth(command).stdout)


class WithoutDaemon(berth_testing.BerthTest):
    started = False

    def test_commands_say_that_nobody_answers_and_what_to_do(self):
        for command in (["ps"], ["status"], ["stop", "web"], ["plan"], ["events"]):
            result = self.berth.berth(*command)
            self.assertEqual(1, result.returncode, command)
            self.assertIn("berthd", result.stderr, command)
            self.assertEqual("", result.stdout, command)


if __name__ == "__main__":
    berth_testing.main()
