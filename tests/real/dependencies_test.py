#!/usr/bin/env python3
"""Order: started, healthy and completed hold at the first start and after a crash; stops reverse.

The payloads write what they do into one shared file; the order of its lines is what is tested.
"""

import os
import signal

import berth_testing
from berth_testing import berth_instance

# Says that it began, serves until told to end, says that it ends.
SAY = ("""["sh", "-c", "trap 'echo end %(name)s >> /shared/order; exit 0' TERM; """
       """echo begin %(name)s >> /shared/order; sleep infinity & wait"]""")

# Healthy as soon as the test (or the payload before) makes the file /shared/go.
GATED = '[healthcheck]\nexec = ["test", "-e", "/shared/go"]\ninterval = "100ms"\nstart_period = "30s"\n'


HEALTHY = '[healthcheck]\nexec = ["true"]\ninterval = "100ms"\n'


class Dependencies(berth_testing.BerthTest):
    def say(self, name, needs="", more=""):
        depends = f"[depends_on]\n{needs}\n" if needs else ""
        self.service(name, command=SAY % {"name": name}, first=self.shares, more=depends + more)

    def assert_order(self, *lines):
        """What was written so far; who is ready may write a moment later."""
        self.until_lines("order", len(lines))
        self.assertEqual(list(lines), self.lines("order"))

    def test_healthy_means_healthy(self):
        self.say("web", needs='db = { condition = "healthy" }')
        self.say("db", more=GATED)
        self.until_lines("order", 1)
        self.berth.until("db", "it runs without being healthy",
                         lambda row: row["pid"] and row["phase"] != "ready")
        self.assertIsNone(self.berth.row("web")["pid"])
        (self.shared / "go").touch()
        self.berth.wait("web", "ready")
        self.assert_order("begin db", "begin web")

    def test_started_needs_the_process_alone(self):
        self.say("web", needs='db = { condition = "started" }')
        self.say("db", more=GATED)
        self.assert_order("begin db", "begin web")

    def test_completed_means_ended_well(self):
        self.say("web", needs='migrate = { condition = "completed" }')
        self.service("migrate", first=f'type = "oneshot"\n{self.shares}',
                     command='["sh", "-c", "echo migrate >> /shared/order; test -e /shared/go"]',
                     more='[restart]\ndelay = "200ms"\nburst = 1000')
        self.until_lines("order", 2)
        self.assertIsNone(self.berth.row("web")["pid"])
        (self.shared / "go").touch()
        berth_instance.poll("web begins", lambda: "begin web" in self.lines("order"), 20)
        order = self.lines("order")
        self.assertEqual({"migrate"}, set(order[:-1]))
        self.assertEqual("begin web", order[-1])

    def test_a_chain_starts_in_order_and_stops_in_reverse(self):
        self.say("three", needs='two = { condition = "healthy" }')
        self.say("two", needs='one = { condition = "healthy" }', more=HEALTHY)
        self.say("one", more=HEALTHY)
        self.until_lines("order", 3)
        self.berth.stop()
        self.assert_nothing_left()
        self.assertEqual(["begin one", "begin two", "begin three",
                          "end three", "end two", "end one"], self.lines("order"))

    def test_removing_a_whole_set_stops_it_in_reverse(self):
        self.say("two", needs="one = {}")
        self.say("one")
        self.until_lines("order", 2)
        empty = self.berth.containers.with_name("empty")
        empty.mkdir()
        self.berth.containers.rename(self.berth.containers.with_name("gone"))
        empty.rename(self.berth.containers)
        for name in ("one", "two"):
            self.berth.until_gone(name)
        self.assertEqual(["begin one", "begin two", "end two", "end one"], self.lines("order"))

    def test_a_dependent_that_asks_for_it_restarts_with_its_dependency(self):
        self.say("web", needs='db = { condition = "healthy", restart = true }')
        self.say("cache", needs='db = { condition = "healthy" }')
        (self.shared / "go").touch()
        self.say("db", more=GATED)
        web, cache = (self.berth.wait(name, "ready")["pid"] for name in ("web", "cache"))
        # The order holds after a crash too: web is back only when db is healthy again.
        (self.shared / "go").unlink()
        os.kill(self.berth.pid("db"), signal.SIGKILL)
        self.berth.until("db", "it was started again",
                         lambda row: row["pid"] and row["restarts"] >= 1)
        (self.shared / "go").touch()
        self.berth.until("web", "it was restarted",
                         lambda row: row["phase"] == "ready" and row["pid"] != web)
        self.assertEqual(cache, self.berth.pid("cache"))
        order = self.until_lines("order", 6)  # three begin, web ends, db and web begin again
        self.assertEqual("begin web", order[-1])

    def test_a_crash_of_a_dependency_does_not_stop_who_did_not_ask(self):
        self.say("web", needs="db = {}")
        self.say("db")
        web = self.berth.wait("web", "ready")["pid"]
        os.kill(self.berth.pid("db"), signal.SIGKILL)
        self.berth.until("db", "it is back",
                         lambda row: row["restarts"] >= 1 and row["phase"] == "ready")
        self.assertEqual(web, self.berth.pid("web"))

    def test_start_order_breaks_ties(self):
        # All wait for one gate, so that they become startable in the same turn.
        for name, order in (("a", 3), ("b", 2), ("c", 1)):
            self.service(name, command=SAY % {"name": name},
                         first=f"start_order = {order}\n{self.shares}",
                         more='[depends_on]\ngate = { condition = "healthy" }')
        self.say("gate", more=GATED)
        self.berth.wait("gate", "starting")
        (self.shared / "go").touch()
        for name in "abc":
            self.berth.wait(name, "ready")
        # Whoever is begun first need not be the first to write: the launches tell.
        launches = {name: self.berth.row(name)["launch"] for name in "abc"}
        self.assertEqual(["c", "b", "a"], sorted(launches, key=launches.get))

    def test_an_operator_who_starts_one_starts_what_it_needs_first(self):
        self.service("db", command=SAY % {"name": "db"}, first=f"autostart = false\n{self.shares}",
                     more=HEALTHY)
        self.service("web", command=SAY % {"name": "web"},
                     first=f"autostart = false\n{self.shares}",
                     more='[depends_on]\ndb = { condition = "healthy" }')
        berth_instance.poll("both are known", lambda: len(self.berth.ps()) == 2, 10)
        self.assertEqual(0, self.berth.berth("start", "web").returncode)
        self.berth.wait("web", "ready")
        self.assert_order("begin db", "begin web")


if __name__ == "__main__":
    berth_testing.main()
