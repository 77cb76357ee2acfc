#!/usr/bin/env python3
"""Generations: what is kept of accepted definitions, the way back, and what undoes itself."""

import json
import pathlib
import subprocess

import berth_testing
import berth_instance


class GenerationTest(berth_testing.BerthTest):
    def history(self, *arguments):
        return self.berth.json("history", *arguments)

    def newest(self):
        return self.history()[0]

    def until(self, what, check, seconds=30):
        """The newest generation as soon as check(generation) is true."""
        return berth_instance.poll(
            f"{what}; newest: {json.dumps(self.newest(), indent=1)}",
            lambda: next((page for page in [self.newest()] if check(page)), None), seconds)

    def until_added(self, name):
        return self.until(f"{name} added", lambda page: name in page["added"]["names"])

    def until_changed(self, name):
        return self.until(f"{name} changed", lambda page: name in page["changed"]["names"])

    def rollback(self, *arguments):
        result = self.berth.berth("rollback", *arguments)
        self.assertEqual((0, ""), (result.returncode, result.stderr))
        return result.stdout

    def refused(self, *arguments):
        result = self.berth.berth("rollback", *arguments)
        self.assertEqual(1, result.returncode)
        return result.stderr

    def again(self):
        self.berth.stop()
        self.berth.start()


class History(GenerationTest):
    def test_history_and_diff_with_and_without_a_daemon(self):
        git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C",
               str(self.berth.root / "etc/berth")]
        subprocess.run([*git, "init", "-q", "."], check=True)
        self.service("web", first='environment = { A = "1" }')
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-q", "-m", "one"], check=True)
        commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True,
                                text=True).stdout.strip()
        first = self.until_added("web")["number"]
        self.berth.wait("web", "ready")
        self.service("db")
        self.until_added("db")
        self.service("web", first='environment = { A = "2" }')
        last = self.until_changed("web")
        self.assertEqual(commit, last["commit"])
        self.assertEqual("files changed", last["reason"])

        diff = self.berth.json("diff", str(first))
        self.assertEqual([("db", "added"), ("web", "changed")],
                         [(each["name"], each["change"]) for each in diff["containers"]])
        self.assertEqual(["environment"], [key["key"] for key in diff["containers"][1]["keys"]])
        self.assertEqual("restart", diff["containers"][1]["keys"][0]["cost"])
        text = self.berth.berth("diff", str(first), "--text").stdout
        self.assertIn('-environment = { A = "1" }\n+environment = { A = "2" }\n', text)
        self.assertIn("--- /dev/null\n+++ b/containers/db.toml\n", text)
        table = self.berth.berth("history").stdout
        self.berth.stop()
        self.assertEqual(table, self.berth.berth("history").stdout)
        self.assertEqual(diff, self.berth.json("diff", str(first), str(last["number"])))
        self.assertEqual(1, len(self.history("-n", "1")))

    def test_what_did_not_change_makes_no_generation_not_over_a_restart_either(self):
        self.service("web")
        number = self.until_added("web")["number"]
        self.service("web")
        self.again()
        self.berth.wait("web", "ready")
        self.assertEqual(number, self.newest()["number"])
        self.service("db")
        self.assertEqual(number + 1, self.until_added("db")["number"])


class KeepGenerations(GenerationTest):
    settings = {"keep_generations": 3}

    def test_old_generations_go(self):
        for number in range(6):
            self.service("web", first=f'environment = {{ A = "{number}" }}')
            self.until(f"A = {number}", lambda page, number=number: page["number"] == number + 2)
        self.assertEqual([7, 6, 5], [page["number"] for page in self.history()])


class Rollback(GenerationTest):
    def two_generations(self):
        self.service("web", first='environment = { A = "1" }')
        first = self.until_added("web")["number"]
        self.berth.wait("web", "ready")
        self.service("web", first='environment = { A = "2" }')
        self.until_changed("web")
        self.until_environment("2")
        return first

    def environment(self):
        try:
            block = pathlib.Path(f"/proc/{self.berth.pid('web')}/environ").read_bytes()
        except (OSError, berth_instance.Trouble):
            return None
        return dict(line.split("=", 1) for line in block.decode().split("\0") if line).get("A")

    def until_environment(self, value):
        berth_instance.poll(f"A = {value}", lambda: self.environment() == value, 20)

    def test_back_and_forth_and_pinned_until_the_files_change(self):
        first = self.two_generations()
        dry = self.rollback("--dry-run")
        self.assertIn("web", dry)
        self.assertEqual(first + 1, self.newest()["number"])
        said = self.rollback()
        self.assertIn(f"pinned to generation {first} until the definitions change", said)
        self.until_environment("1")
        self.assertEqual((True, first), (self.newest()["pinned"], self.newest()["copy_of"]))
        self.assertIn(f"pinned to generation {first}", self.berth.berth("ps").stdout)
        self.assertIn("has the definitions that are in force", self.refused(str(first)))

        self.again()  # the pin holds over a restart
        self.until_environment("1")
        self.assertIn(f"pinned to generation {first}", self.berth.berth("ps").stdout)

        self.rollback("--cancel")
        self.until_environment("2")
        self.assertNotIn("pinned", self.berth.berth("ps").stdout)
        self.assertIn("no generation is pinned", self.refused("--cancel"))

        self.rollback(str(first))
        self.until_environment("1")
        self.service("web", first='environment = { A = "3" }')
        self.until_environment("3")
        self.assertFalse(self.newest()["pinned"])

    def test_unknown_and_current_generations_are_refused(self):
        first = self.two_generations()
        self.assertIn("there is no generation 99", self.refused("99"))
        self.assertIn("is in force already", self.refused(str(first + 1)))
        self.assertIn("not the number of a generation", self.refused("x"))


class BadFiles(GenerationTest):
    def test_a_bad_file_keeps_its_container_over_a_restart(self):
        self.service("web")
        self.berth.wait("web", "ready")
        self.berth.write("web.toml", "template = ")
        berth_instance.poll("the mistake is told", self.berth.problems, 20)
        self.again()
        self.berth.wait("web", "ready")
        self.assertIn("keeps its last good definition", self.berth.row("web")["error"])

    def test_a_directory_that_vanished_over_a_restart_keeps_everything(self):
        self.service("web")
        self.berth.wait("web", "ready")
        self.berth.stop()
        self.berth.containers.rename(self.berth.root / "aside")
        self.berth.start()
        self.berth.wait("web", "ready")
        self.assertIn("keeps its last definition", self.berth.berth("status").stdout)
        self.assertEqual(2, len(self.history()))
        (self.berth.root / "aside").rename(self.berth.containers)
        self.service("db")
        self.until_added("db")
        self.assertEqual([], self.newest()["removed"]["names"])

    def test_a_spoilt_store_does_not_stop_berthd(self):
        self.service("web")
        self.berth.wait("web", "ready")
        self.berth.stop()
        store = self.berth.root / "var/lib/berth/generations"
        for page in store.glob("*.json"):
            page.write_text("{")
        self.berth.start()
        self.berth.wait("web", "ready")
        self.assertIn("is passed over", self.berth.berth("status").stdout)


class ApplySet(GenerationTest):
    settings = {"apply": "set"}

    def test_one_error_holds_everything_back(self):
        self.service("web")
        number = self.until_added("web")["number"]
        self.berth.write("db.toml", "template = ")
        berth_instance.poll("the mistake is told", self.berth.problems, 20)
        self.service("mail")
        berth_instance.poll("it is said", lambda: "none of their changes" in
                            self.berth.berth("status").stdout, 20)
        self.assertIsNone(self.berth.row("mail"))
        self.assertEqual(number, self.newest()["number"])
        self.service("db")
        self.until_added("mail")
        self.assertEqual(["db", "mail"], self.newest()["added"]["names"])


class Automatic(GenerationTest):
    settings = {"rollback": "auto", "rollback_after": "3s"}

    def test_a_generation_that_does_not_get_ready_is_undone_as_a_whole(self):
        self.service("web")
        good = self.until_added("web")["number"]
        self.until("it is ready", lambda page: page["outcome"] in ("ready", "taken"))
        self.berth.write("../containers/web.toml", 'template = "host"\n'
                         'command = ["sh", "-c", "exit 3"]\n')
        bad = self.until_changed("web")["number"]
        undone = self.until("it is undone", lambda page: page["undoes"] == bad)
        self.assertEqual(good, undone["copy_of"])
        self.assertRegex(undone["reason"], f"generation {bad} undone.*web .*exit code 3")
        self.assertEqual("undone", self.history()[1]["outcome"])
        self.berth.wait("web", "ready")
        self.assertIn(f"pinned to generation {good}", self.berth.berth("ps").stdout)
        # The next change counts again, and when it is good it stays.
        self.service("web", first='environment = { A = "1" }')
        self.until("the good one is kept", lambda page: page["outcome"] == "ready")

    def test_a_restart_goes_on_with_the_probation(self):
        self.service("web")
        self.until_added("web")
        self.until("it is ready", lambda page: page["outcome"] in ("ready", "taken"))
        self.service("web", '["sh", "-c", "exit 3"]')
        bad = self.until_changed("web")["number"]
        self.again()
        self.until("it is undone", lambda page: page["undoes"] == bad)
        self.berth.wait("web", "ready")


if __name__ == "__main__":
    berth_testing.main()
