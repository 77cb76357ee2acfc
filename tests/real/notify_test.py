#!/usr/bin/env python3
"""Readiness that the program tells by itself: sd_notify(3) over a socket of the container's own."""

import berth_testing

# Says what it is given, then runs on. Python of the host's /usr, through template = "host".
SAY = """import os, socket, signal, sys, time
say = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for line in sys.argv[1:]:
    if line == "wait":
        while not os.path.exists("/shared/go"):
            time.sleep(0.02)
        continue
    say.sendto(line.encode(), os.environ["NOTIFY_SOCKET"])
signal.sigwait([signal.SIGTERM])
"""


class Notify(berth_testing.BerthTest):
    def say(self, *words, more="", first=""):
        program = self.shared / "say.py"
        program.write_text(SAY)
        command = ["/usr/bin/python3", "/shared/say.py", *words]
        listed = ", ".join(f"'{word}'" if "\n" not in word else repr(word).replace("'", '"')
                           for word in command)
        self.service("web", command=f"[{listed}]", first=f"{first}{self.shares}",
                     more=f"[healthcheck]\nnotify = true\n{more}")

    def test_it_is_starting_until_it_says_that_it_is_ready(self):
        self.say("STATUS=warming up", "wait", "STATUS=serving\nREADY=1")
        row = self.berth.until("web", "its status is known",
                               lambda row: row["health_message"] == "warming up")
        self.assertEqual(("starting", "starting"), (row["phase"], row["health"]))
        (self.shared / "go").touch()
        row = self.berth.wait("web", "ready")
        self.assertEqual(("healthy", "serving"), (row["health"], row["health_message"]))

    def test_a_dependant_waits_for_it(self):
        self.say("wait", "READY=1")
        self.service("app", more='[depends_on]\nweb = { condition = "healthy" }')
        self.berth.until("web", "it runs", lambda row: row["phase"] == "starting")
        self.assertEqual("waits for web to be healthy", self.berth.row("app")["waiting"])
        (self.shared / "go").touch()
        self.berth.wait("app", "ready")

    def test_one_that_never_says_it_is_unhealthy_in_the_end(self):
        self.say("STATUS=thinking", more='interval = "100ms"\nretries = 2\non_failure = "none"')
        row = self.berth.until("web", "it is unhealthy", lambda row: row["phase"] == "unhealthy")
        self.assertIn("it has not said READY=1", row["error"])

    def test_a_user_that_is_not_root_may_say_it(self):
        self.say("READY=1", first='user = "65534:65534"\n')
        self.berth.wait("web", "ready")

    def test_each_start_has_to_say_it_anew(self):
        self.say("wait", "READY=1")
        (self.shared / "go").touch()
        first = self.berth.wait("web", "ready")
        (self.shared / "go").unlink()
        self.berth.berth("restart", "--no-wait", "web")
        row = self.berth.until("web", "it runs again", lambda row: row["phase"] == "starting"
                               and row["launch"] > first["launch"])
        self.assertEqual("starting", row["health"])
        (self.shared / "go").touch()
        self.berth.wait("web", "ready")


if __name__ == "__main__":
    berth_testing.main()
