#!/usr/bin/env python3
"""Calendar expressions: what berth makes of them against `systemd-analyze calendar`.

Generated expressions, right and nearly right, must get the same verdict, the same normalized form
and the same next times, in UTC and in zones whose clocks are put forward and back. A failing seed
is printed; BERTH_CALENDAR_SEED repeats it, BERTH_CALENDAR_COUNT asks for more.
"""

import calendar
import datetime
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time
import unittest
import zoneinfo

ROOT = pathlib.Path(__file__).resolve().parents[2]
ANSWERS = pathlib.Path(os.environ.get("BERTH_BIN", ROOT / "build/bin")) / "calendar_answers"
SEED = int(os.environ.get("BERTH_CALENDAR_SEED", random.randrange(2**32)))
COUNT = int(os.environ.get("BERTH_CALENDAR_COUNT", 6000))
ITERATIONS = 4
BATCH = 100

# Northern and southern, half hours, gaps at midnight, a day left out, none. But none that counts
# winter time as daylight saving time (Europe/Dublin): there systemd 252 loses the rest of a day.
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo",
         "Asia/Kolkata", "America/Santiago", "Pacific/Apia", "Asia/Beirut", "America/Nuuk",
         "Asia/Tehran"]
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "monday", "SUNDAY", "Thursday"]
SHORTHANDS = ["minutely", "hourly", "daily", "monthly", "weekly", "yearly", "annually", "quarterly",
              "semiannually", "Semi-Annually", "biannually", "anually", "dailyy", "secondly"]


def utc(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


class Systemd:
    """What systemd-analyze says of expressions: None, or [normalized form, seconds or None...];
    "broken" where it gives up on the next time."""

    @staticmethod
    def answers(expressions, zone, base):
        command = ["systemd-analyze", "calendar", f"--iterations={ITERATIONS}",
                   "--base-time=@" + str(base), "--"] + expressions
        said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False,
                              env={"TZ": ":" + zone, "LC_ALL": "C.UTF-8",
                                   "PATH": os.environ["PATH"]})
        refused = re.findall(r"^Failed to parse calendar specification '(.*)': ", said.stderr, re.M)
        broken = re.findall(r"^Failed to determine next elapse for '(.*)': ", said.stderr, re.M)
        blocks = iter(re.split(r"^Normalized form: ", said.stdout, flags=re.M)[1:])
        answers = []
        for expression in expressions:
            if refused and refused[0] == expression:
                refused.pop(0)
                answers.append(None)
            elif broken and broken[0] == expression:
                broken.pop(0)  # it printed nothing at all
                answers.append("broken")
            else:
                answers.append(Systemd.block(next(blocks, "cut off")))
        if refused or broken or next(blocks, None) is not None:
            raise AssertionError("systemd-analyze's answers could not be told apart: " +
                                 str(expressions) + said.stdout + said.stderr)
        return answers

    @staticmethod
    def block(text):
        """What follows "Normalized form: ", up to that of the next one."""
        form, *lines = text.splitlines()
        times = []
        for line in lines:
            if m := re.match(r"\s*(?:Next elapse|Iter\. #\d+): (.*)", line):
                times.append(m.group(1))
            elif m := re.match(r"\s*\(in UTC\): (.*)", line):
                times[-1] = m.group(1)
        times = [None if at == "never" else utc(at[4:23]) for at in times]
        if len(times) < ITERATIONS and None not in times:
            times.append(None)
        return [form] + times


def matches(form, at, local_zone):
    """Whether a time is one of a normalized form's: read once more, in the simplest way."""
    words = form.split()
    weekdays = words.pop(0) if words[0][0].isalpha() else ""
    zone = words[2] if len(words) > 2 else local_zone
    local = datetime.datetime.fromtimestamp(at, zoneinfo.ZoneInfo(zone))
    year, month, from_end, day = re.fullmatch(r"(.*?)-(.*?)([-~])(.*)", words[0]).groups()
    hour, minute, second = words[1].split(":")
    days = calendar.monthrange(local.year, local.month)[1]
    number = days + 1 - local.day if from_end == "~" else local.day
    names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    for item in weekdays.split(",") if weekdays else []:
        first, _, last = item.partition("..")
        if names.index(first) <= local.weekday() <= names.index(last or first):
            break
    else:
        if weekdays:
            return False
    return (listed(year, local.year) and listed(month, local.month) and listed(day, number)
            and listed(hour, local.hour) and listed(minute, local.minute)
            and ("." in second or listed(second, local.second)))


def listed(text, value):
    for item in text.split(","):
        body, _, step = item.partition("/")
        first, _, last = body.partition("..")
        if first == "*":
            return True
        top = int(last) if last else (9999 if step else int(first))
        if int(first) <= value <= top and (value - int(first)) % int(step or 1) == 0:
            return True
    return False


def ours(lines):
    said = subprocess.run([ANSWERS], input="".join(line + "\n" for line in lines), text=True,
                          capture_output=True, timeout=120, check=True)
    answers = []
    for line in said.stdout.splitlines():
        if line.startswith("refused\t"):
            answers.append(None)
            continue
        form, *times = line.split("\t")
        answers.append([form] + [None if at == "never" else int(at) for at in times])
    return answers


class Generator:
    """Random expressions: most of them right, with an error here and there."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, odds):
        return self.random.random() < odds

    def number(self, least, most, width):
        value = self.random.randint(least, most)
        if self.chance(0.01):
            value = self.random.choice([0, most + 1, 99, 100, 2147483648, 60, 61])
        return f"{value:0{width}d}" if self.chance(0.5) else str(value)

    def item(self, least, most, width, seconds=False):
        def fraction():
            digits = self.random.randint(1, 8)
            return "." + "".join(self.random.choice("0123456789") for _ in range(digits))
        low = self.random.randint(least, most)
        text = self.number(low, low, width)
        if seconds and self.chance(0.15):
            text += fraction()
        if self.chance(0.25):
            text += ".." + self.number(min(low, most) if self.chance(0.9) else least, most, width)
            if seconds and self.chance(0.15):
                text += fraction()
        if self.chance(0.25):
            text += "/" + self.number(1, max(1, (most - least) // 2), 1)
            if seconds and self.chance(0.2):
                text += fraction()
        return text

    def list(self, least, most, width, seconds=False, every=0.3):
        if self.chance(every):
            return "*"
        count = 1 if self.chance(0.7) else self.random.randint(2, 4)
        return ",".join(self.item(least, most, width, seconds) for _ in range(count))

    def weekdays(self):
        items = []
        for _ in range(1 if self.chance(0.6) else 2):
            day = self.random.choice(DAYS)
            if self.chance(0.4):
                day += self.random.choice(["..", "..", "..", "-", "."]) + self.random.choice(DAYS)
            items.append(day)
        return ",".join(items) + ("," if self.chance(0.05) else "")

    def date(self):
        dash = "~" if self.chance(0.2) else "-"
        days = self.list(1, 9 if dash == "~" else 31, 2)
        month = self.list(1, 12, 2, every=0.5)
        if self.chance(0.3):
            return month + dash + days
        return self.list(2024, 2032, 4, every=0.8) + "-" + month + dash + days

    def time(self):
        text = self.list(0, 23, 2, every=0.2) + ":" + self.list(0, 59, 2, every=0.1)
        return text + ":" + self.list(0, 59, 2, True, every=0.1) if self.chance(0.5) else text

    def broken(self, text):
        at = self.random.randrange(len(text) + 1)
        how = self.random.randrange(3)
        if how == 0:
            return text[:at] + text[at + 1:]
        extra = self.random.choice(list("0123456789 .,:-~/*@TZ") + ["..", "UTC", "Mon"])
        return text[:at] + extra + text[at + (how == 2):]

    def expression(self):
        if self.chance(0.03):
            text = self.random.choice(SHORTHANDS)
        elif self.chance(0.02):
            text = "@" + str(self.random.randrange(2**32))
        else:
            parts = [self.weekdays()] if self.chance(0.3) else []
            parts += [self.date()] if self.chance(0.6) else []
            parts += [self.time()] if self.chance(0.8) or not parts else []
            text = " ".join(parts)
        if self.chance(0.25):
            text += " " + self.random.choice(ZONES + ["utc", "Europe/Berln", "MET", "../CET"])
        return self.broken(text) if self.chance(0.2) else text

    def base(self):
        # Near the days on which clocks are changed, or anywhere.
        if self.chance(0.5):
            near = self.random.choice(["2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31",
                                       "2027-04-03", "2018-02-17", "2018-11-03", "2026-09-05",
                                       "2011-12-29", "2040-03-24", "2040-10-27"])
            return utc(near + " 00:00:00") + self.random.randrange(3 * 86400)
        return self.random.randrange(utc("2000-01-01 00:00:00"), utc("2090-01-01 00:00:00"))


class Differential(unittest.TestCase):
    maxDiff = None

    def compare(self, expressions, zone, base):
        theirs = Systemd.answers(expressions, zone, base)
        mine = ours([f"{zone}\t{base}\t{ITERATIONS}\t{each}" for each in expressions])
        for expression, right, got in zip(expressions, theirs, mine, strict=True):
            where = f"seed {SEED}: {expression!r} in {zone} after @{base}"
            if right == "broken":
                self.assertIsNotNone(got, where)
                continue
            if right != got and not self.has_lost_times(right, got, zone):
                self.assertEqual(right, got, where)
        return [each for each in theirs if each is not None]

    @staticmethod
    def has_lost_times(theirs, mine, zone):
        """Where a repetition runs over midnight into the day on which clocks are put back, systemd
        252 loses times, or takes the second of two hours: ours are right, and the first."""
        if theirs is None or mine is None or theirs[0] != mine[0] or "/" not in mine[0]:
            return False
        if not all(at is None or matches(mine[0], at, zone) for at in mine[1:]):
            return False
        words = mine[0].split()
        zone = words[-1] if ":" not in words[-1] else zone
        shown = [[at and datetime.datetime.fromtimestamp(at, zoneinfo.ZoneInfo(zone))
                  .replace(tzinfo=None) for at in times[1:]] for times in (theirs, mine)]
        kept = [at for at in shown[1] if at in shown[0]]
        return kept == shown[0][:len(kept)] and len(kept) >= 1

    def test_generated_expressions_get_the_same_answers(self):
        generator = Generator(SEED)
        accepted = 0
        for _ in range(COUNT // BATCH):
            expressions = []
            while len(expressions) < BATCH:
                # A NUL or nothing cannot be told apart in its answers.
                if text := generator.expression():
                    expressions.append(text)
            zone = generator.random.choice(ZONES)
            accepted += len(self.compare(expressions, zone, generator.base()))
        # Both verdicts have to occur, or the comparison says little.
        self.assertGreater(accepted, COUNT // 3)
        self.assertLess(accepted, COUNT - COUNT // 20)

    def test_times_that_clocks_skip_or_show_twice(self):
        expressions = ["*-*-* 02:30", "*-*-* 02:00", "*-*-* 03:00", "*:0/10", "*:0/30:15", "*:*",
                       "hourly", "daily", "Sun 02:15..45/15:00", "*-*-* 00:00", "*-*~1 02:59:59",
                       "*-*-* 00..04:30:00", "*-*-* 1..3/2:0/20"]
        for zone in ZONES:
            for day in ["2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31", "2026-04-04",
                        "2026-10-03", "2018-11-03", "2018-02-17", "2026-09-05", "2045-03-25"]:
                for hour in ["00", "14", "23"]:
                    self.compare(expressions, zone, utc(f"{day} {hour}:10:00"))


if __name__ == "__main__":
    if shutil.which("systemd-analyze") is None:
        print("systemd-analyze is not there (package systemd): nothing to compare with")
        sys.exit(77)
    if not ANSWERS.exists():
        sys.exit(f"{ANSWERS} is not built")
    unittest.main()
