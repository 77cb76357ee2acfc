#!/usr/bin/env python3
"""The journal as a container's log: its lines, a journal that goes away, and a change of driver."""

import fcntl
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import termios
import threading
import unittest

import berth_testing
from berth_testing import berth_instance

PLACE = pathlib.Path("/run/systemd/journal/socket")
JOURNALD = pathlib.Path("/lib/systemd/systemd-journald")
DRIVER = '[logging]\ndriver = "journald"\n'


def fields_of(datagram):
    """What journald's native protocol makes of a datagram."""
    fields = {}
    while datagram:
        line, _, datagram = datagram.partition(b"\n")
        key, sign, value = line.partition(b"=")
        if not sign:
            size = int.from_bytes(datagram[:8], "little")
            value, datagram = datagram[8:8 + size], datagram[9 + size:]
        fields[key.decode()] = value
    return fields


class Journal:
    """The receiving end of the socket; it reads all the time, or from start() on."""

    def __init__(self, reading=True):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(PLACE))
        self.messages = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        if reading:
            self.thread.start()

    def start(self):
        self.thread.start()

    def run(self):
        while datagram := self.socket.recv(1 << 20):
            self.messages.append(fields_of(datagram))

    def read(self):
        return list(self.messages)

    def texts(self, name="web"):
        return [message["MESSAGE"].decode() for message in self.read()
                if message["CONTAINER_NAME"] == name.encode()]

    def until(self, texts, seconds=20):
        berth_instance.poll(f"{texts[-1]} is in the journal",
                            lambda: len(self.texts()) >= len(texts), seconds)
        if self.texts() != texts:
            raise berth_instance.Trouble(f"{self.texts()[:50]} instead of {texts[:50]}")

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()
        PLACE.unlink()


class JournaldTest(berth_testing.BerthTest):
    def prepare(self):
        place = pathlib.Path("/run/systemd")
        made = not place.is_dir()
        place.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "berth", place], check=True)
        PLACE.parent.mkdir()
        self.journal = None
        if made:
            self.addCleanup(self.unmake, place)

    def unmake(self, place):
        subprocess.run(["umount", "-l", place], check=True)
        place.rmdir()

    def notices(self):
        return self.berth.berth("status").stdout

    def talker(self, name="web", more=DRIVER):
        """A service that says what is put into the FIFO /shared/NAME."""
        fifo = self.shared / name
        os.mkfifo(fifo)
        self.service(name, first=self.shares, more=more, command=(
            f"""["sh", "-c", "trap 'exit 0' TERM; exec 3<>/shared/{name}; """
            """while read -r line <&3; do echo \\"$line\\"; """
            f"""echo \\"$line\\" >> /shared/{name}.said; done"]"""))
        self.berth.wait(name, "ready")

    def say(self, text, name="web"):
        with open(self.shared / name, "w") as fifo:
            fifo.write(f"{text}\n")


class WithJournal(JournaldTest):
    def prepare(self):
        super().prepare()
        self.journal = Journal()

    def test_lines_of_both_streams_arrive_as_messages(self):
        self.service("web", first='type = "oneshot"', more=DRIVER, command=(
            """["sh", "-c", "echo out=1; echo; echo err >&2; printf 'no newline'"]"""))
        self.berth.wait("web", "stopped")
        berth_instance.poll("four messages", lambda: len(self.journal.read()) >= 4, 10)
        told = set()
        for message in self.journal.messages:
            for key in ("SYSLOG_IDENTIFIER", "CONTAINER_NAME", "BERTH_CONTAINER"):
                self.assertEqual(b"web", message[key])
            self.assertRegex(message["SYSLOG_TIMESTAMP"].decode(),
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")
            told.add((message["MESSAGE"], message["PRIORITY"],
                      message.get("CONTAINER_PARTIAL_MESSAGE")))
        self.assertEqual({(b"out=1", b"6", None), (b"", b"6", None), (b"err", b"3", None),
                          (b"no newline", b"6", b"true")}, told)
        self.assertFalse((self.berth.root / "var/log/berth/web/web.log").exists())

    def test_many_lines_arrive_exactly_and_in_order(self):
        self.service("web", first='type = "oneshot"', more=DRIVER, command='["seq", "30000"]')
        self.journal.until([str(number) for number in range(1, 30001)], 60)
        self.berth.wait("web", "stopped")
        self.assertNotIn("lost", self.notices())

    def test_a_long_line_arrives_in_parts(self):
        self.service("web", first='type = "oneshot"', more=DRIVER, command=(
            """["sh", "-c", "head -c 40000 /dev/zero | tr '\\\\0' x; echo"]"""))
        berth_instance.poll("all of it", lambda: len("".join(self.journal.texts())) >= 40000, 10)
        self.assertEqual("x" * 40000, "".join(self.journal.texts()))
        self.assertEqual([True, True, False], ["CONTAINER_PARTIAL_MESSAGE" in message
                                               for message in self.journal.messages])

    def test_a_journal_that_goes_away_for_a_moment_misses_nothing(self):
        self.talker()
        self.say("one")
        self.journal.until(["one"])
        self.journal.close()
        self.say("two")
        berth_instance.poll("the status says it",
                            lambda: "web: no journal at /run/systemd/journal/socket"
                            in self.notices(), 10)
        self.say("three")
        self.journal = Journal()
        self.say("four")
        self.journal.until(["two", "three", "four"])
        self.assertNotIn("journal", self.notices())

    def test_the_payload_waits_for_a_journal_that_does_not_read(self):
        self.journal.close()
        self.journal = Journal(reading=False)
        self.service("web", first=f'type = "oneshot"\n{self.shares}', more=DRIVER, command=(
            """["sh", "-c", "seq 1000000 1040000; echo done > /shared/done"]"""))
        berth_instance.poll("the status says it", lambda: "takes no more lines" in self.notices(),
                            8)
        self.assertFalse((self.shared / "done").exists())
        self.journal.start()
        self.journal.until([str(number) for number in range(1000000, 1040001)], 60)
        self.berth.wait("web", "stopped")
        self.assertNotIn("takes no more", self.notices())

    def test_a_change_of_the_driver_is_live(self):
        self.talker()
        self.say("one")
        self.journal.until(["one"])
        pid = self.berth.pid("web")
        definition = (self.berth.containers / "web.toml").read_text()
        for driver, word in (("file", "two"), ("none", "three"), ("journald", "four"),
                             ("file", "five")):
            self.berth.write("web.toml", definition.replace('"journald"', f'"{driver}"'))
            berth_instance.poll(f"{driver} is in force", lambda: self.in_force(driver), 20)
            self.say(word)
            berth_instance.poll("it was said and taken", lambda: self.was_taken(word), 20)
        berth_instance.poll("the last word", lambda: "five" in self.berth.logged("web"), 20)
        self.journal.until(["one", "four"])
        self.assertEqual(["one", "four"], self.journal.texts())
        self.assertEqual(["two", "five"], self.berth.logged("web"))
        self.assertEqual(pid, self.berth.pid("web"))

    def in_force(self, driver):
        """The container runs by a definition with this driver: its log follows it by then."""
        web = self.berth.json("state")["containers"]["web"]
        accepted = web["accepted"].get("logging", {}).get("driver", "file")
        return accepted == driver and web["observed"]["spec"] == "accepted"

    def was_taken(self, word):
        """The talker has written it, and nothing is left in the FIFO that berthd reads."""
        said = self.shared / "web.said"
        if not said.exists() or word not in said.read_text().split():
            return False
        fifo = os.open(self.berth.root / "run/berth/running/web/stdout", os.O_RDONLY | os.O_NONBLOCK)
        try:
            left = fcntl.ioctl(fifo, termios.FIONREAD, struct.pack("i", 0))
        finally:
            os.close(fifo)
        return struct.unpack("i", left)[0] == 0

    def test_berth_logs_names_the_command_to_use(self):
        self.talker()
        asked = self.berth.berth("logs", "-f", "-n", "3", "--stream", "stderr", "web")
        self.assertNotEqual(0, asked.returncode)
        self.assertIn("journalctl CONTAINER_NAME=web -f -n 3 PRIORITY=3", asked.stderr)

    def test_a_stop_of_everything_sends_what_is_left(self):
        self.service("web", more=DRIVER,
                     command="""["sh", "-c", "trap 'seq 300; exit 0' TERM; sleep inf & wait"]""")
        self.berth.wait("web", "ready")
        self.berth.stop()
        self.journal.until([str(number) for number in range(1, 301)])
        self.assert_nothing_left()


class WithoutJournal(JournaldTest):
    def test_a_container_starts_and_the_status_says_what_is_missing(self):
        self.talker()
        self.assertIn("web: no journal at /run/systemd/journal/socket", self.notices())
        journal = Journal()
        berth_instance.poll("it is found without a line",
                            lambda: "no journal" not in self.notices(), 10)
        self.say("one")
        journal.until(["one"])

    def test_a_flood_is_held_up_only_for_a_while_and_the_loss_is_told(self):
        self.service("web", first=f'type = "oneshot"\n{self.shares}', more=DRIVER, command=(
            """["sh", "-c", "seq 40000; echo > /shared/done; """
            """while ! test -e /shared/go; do sleep 0.05; done; echo last"]"""))
        berth_instance.poll("the payload goes on", (self.shared / "done").exists, 30)
        total = sum(len(str(number)) + 1 for number in range(1, 40001))
        berth_instance.poll("the status tells the loss", lambda: f"({total} bytes of log lost)"
                            in self.notices(), 20)
        journal = Journal()
        (self.shared / "go").touch()
        berth_instance.poll("the last line", lambda: "last" in journal.texts(), 20)
        self.assertRegex("\n".join(journal.texts()),
                         rf"^\[berth\] {total} bytes lost: no journal at .*\nlast$")


@unittest.skipUnless(JOURNALD.exists() and shutil.which("journalctl"), "no journald installed")
class RealJournal(JournaldTest):
    def prepare(self):
        super().prepare()
        for place in ("/run/log", "/var/log"):
            subprocess.run(["mount", "-t", "tmpfs", "berth", place], check=True)
        self.journald = subprocess.Popen([JOURNALD], stdin=subprocess.DEVNULL)
        self.addCleanup(self.end_journald)
        berth_instance.poll("journald's socket", PLACE.exists, 10)

    def end_journald(self):
        self.journald.terminate()
        self.journald.wait()

    def test_journalctl_finds_the_lines_by_the_containers_name(self):
        self.service("web", first='type = "oneshot"', more=DRIVER, command='["seq", "5000"]')
        want = [str(number) for number in range(1, 5001)]
        self.berth.wait("web", "stopped")
        berth_instance.poll("all lines", lambda: self.shown() == want, 20)

    def shown(self):
        return subprocess.run(["journalctl", "-q", "-o", "cat", "CONTAINER_NAME=web"], text=True,
                              capture_output=True, check=False).stdout.splitlines()


if __name__ == "__main__":
    berth_testing.main()
