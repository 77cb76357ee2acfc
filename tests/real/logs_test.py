#!/usr/bin/env python3
"""Logs: CRI lines, rotation, and a flood that neither fills the disk nor slows berth down."""

import re
import statistics
import time

import berth_testing
from berth_testing import berth_instance

RECORD = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr) [FP] ")


class Logs(berth_testing.BerthTest):
    def directory(self, name):
        return self.berth.root / "var/log/berth" / name

    def records(self, name):
        return (self.directory(name) / f"{name}.log").read_text().splitlines()

    def test_lines_are_records_with_time_and_stream(self):
        self.service("web", first='type = "oneshot"', command=(
            """["sh", "-c", "echo out; echo err >&2; printf 'no newline'"]"""))
        self.berth.wait("web", "stopped")
        records = berth_instance.poll("three records", lambda: (
            (lines := self.records("web")) and len(lines) >= 3 and lines), 10)
        for record in records:
            self.assertRegex(record, RECORD)
        told = {tuple(record.split(" ", 3)[1:]) for record in records}
        self.assertIn(("stdout", "F", "out"), told)
        self.assertIn(("stderr", "F", "err"), told)
        self.assertIn(("stdout", "P", "no newline"), told)

    def test_every_line_of_a_quick_end_is_there(self):
        self.service("web", first='type = "oneshot"', command='["seq", "20000"]')
        self.berth.wait("web", "stopped")
        want = [str(number) for number in range(1, 20001)]
        berth_instance.poll("all lines", lambda: self.berth.logged("web") == want, 10)

    def test_it_can_be_reopened_by_the_payload(self):
        self.service("web", first='type = "oneshot"\nuser = "1000:1000"', command=(
            """["sh", "-c", "echo one > /dev/stdout; echo two > /dev/stderr"]"""))
        self.assertEqual(0, self.berth.wait("web", "stopped")["exit_code"])
        berth_instance.poll("both lines",
                            lambda: sorted(self.berth.logged("web")) == ["one", "two"], 10)

    def test_a_full_file_is_rotated_and_only_so_many_are_kept(self):
        self.service("web", first='type = "oneshot"',
                     command='["sh", "-c", "seq 1000000 1060000"]',
                     more='[logging]\nmax_size = "64K"\nmax_files = 3')
        self.berth.wait("web", "stopped")
        berth_instance.poll("the last line is there", lambda: any(
            line.endswith(" 1060000") for line in self.records("web")), 20)
        files = sorted(path.name for path in self.directory("web").iterdir())
        self.assertEqual(["web.log", "web.log.1", "web.log.2"], files)
        numbers = []
        for name in ("web.log.2", "web.log.1", "web.log"):
            path = self.directory("web") / name
            self.assertLessEqual(path.stat().st_size, (64 << 10) + (16 << 10))
            numbers += [int(line.rsplit(" ", 1)[1]) for line in path.read_text().splitlines()]
        self.assertEqual(list(range(numbers[0], 1060001)), numbers)  # no line lost or doubled

    def test_a_flood_neither_fills_the_disk_nor_slows_berth_down(self):
        self.service("bystander")
        self.berth.wait("bystander", "ready")
        idle = statistics.median(self.ps_seconds() for _ in range(15))
        self.service("flood", first='type = "oneshot"', command=(
            """["sh", "-c", "yes \\"$(printf %01000d 0)\\" | head -c 100000000"]"""),
            more='[logging]\nmax_size = "1M"\nmax_files = 3')
        self.berth.until("flood", "it began", lambda row: row["pid"], 20)
        during, largest = [], 0
        while self.berth.row("flood")["phase"] in ("starting", "ready"):
            during.append(self.ps_seconds())
            largest = max(largest, self.size("flood"))
        self.berth.wait("flood", "stopped", seconds=60)
        self.assertLessEqual(max(largest, self.size("flood")), 3 * (1 << 20) + (64 << 10))
        if during:
            self.assertLess(statistics.median(during), idle * 10 + 0.1,
                            f"idle {idle}, during the flood {during}")

    def size(self, name):
        total = 0
        for path in self.directory(name).iterdir() if self.directory(name).exists() else ():
            try:
                total += path.stat().st_size
            except FileNotFoundError:  # rotated away meanwhile
                pass
        return total

    def ps_seconds(self):
        began = time.monotonic()
        self.assertEqual(0, self.berth.berth("ps").returncode)
        return time.monotonic() - began

    def test_without_a_driver_there_is_no_file(self):
        self.service("web", first='type = "oneshot"', command='["echo", "hello"]',
                     more='[logging]\ndriver = "none"')
        self.berth.wait("web", "stopped")
        self.assertFalse((self.directory("web") / "web.log").exists())

    def test_berth_logs_shows_the_last_lines_and_follows(self):
        self.service("web", first=self.shares, command=(
            '["sh", "-c", "seq 10; while ! test -e /shared/go; do sleep 0.05; done; echo last; '
            'exec sleep infinity"]'), more='')
        self.berth.wait("web", "ready")
        berth_instance.poll("ten lines", lambda: len(self.berth.logged("web")) == 10, 10)
        whole = self.berth.berth("logs", "web")
        self.assertEqual(0, whole.returncode)
        self.assertEqual([str(number) for number in range(1, 11)],
                         [line.split()[-1] for line in whole.stdout.splitlines()])
        tail = self.berth.berth("logs", "-n", "3", "web").stdout.splitlines()
        self.assertEqual(["8", "9", "10"], [line.split()[-1] for line in tail])
        following = berth_instance.subprocess.Popen(
            [self.berth.binaries / "berth", "--root", self.berth.root, "logs", "-f", "-n", "1",
             "web"], stdout=berth_instance.subprocess.PIPE, text=True)
        try:
            self.assertEqual("10", following.stdout.readline().split()[-1])
            (self.shared / "go").touch()
            self.assertEqual("last", following.stdout.readline().split()[-1])
        finally:
            following.kill()
            following.wait()
            following.stdout.close()


if __name__ == "__main__":
    berth_testing.main()
