#!/usr/bin/env python3
"""How changed definitions are taken in: as one set, when they have come to rest, never half."""

import ctypes
import os
import pathlib
import random
import shutil
import signal
import subprocess
import threading
import time

import berth_testing
from berth_testing import berth_instance

# Each start writes the definition's version into a file of its own.
TELL = """["sh", "-c", "echo ${V:-torn} >> /shared/$NAME; trap 'exit 0' TERM; sleep infinity & wait"]"""

QUEUE = pathlib.Path("/proc/sys/fs/inotify/max_queued_events")


class VersionsTest(berth_testing.BerthTest):
    """Containers that tell the version of their definition at each start."""

    def definition(self, name, version):
        # The prefix up to `environment` is a good definition, too: whoever takes half a file starts
        # the container without V.
        return (f'template = "host"\ncommand = {TELL}\nstop_timeout = "2s"\n{self.shares}\n'
                f'restart = {{ policy = "no" }}\n# {"x" * 400}\n'
                f'environment = {{ NAME = "{name}", V = "{version}" }}\n')

    def put(self, name, version):
        self.berth.write(f"{name}.toml", self.definition(name, version))

    def started(self, name):
        """The versions that a container was started with, in order."""
        return self.lines(name)

    def until_started(self, name, version, seconds=20):
        berth_instance.poll(f"{name} runs version {version}: {self.started(name)}",
                            lambda: self.started(name)[-1:] == [str(version)], seconds)

    def generation(self):
        return self.berth.json("status")["generation"]


class TakingIn(VersionsTest):
    def worker(self):
        """The worker's pid: the keeper's child that reads definitions."""
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(b"berthd") and b"worker" in words[1:2]:
                return int(entry.name)
        raise berth_instance.Trouble("there is no worker")

    def swap(self, first, second):
        """Exchanges two names in one step (RENAME_EXCHANGE)."""
        libc = ctypes.CDLL(None, use_errno=True)
        done = libc.renameat2(-100, str(first).encode(), -100, str(second).encode(), 2)
        self.assertEqual(0, done, os.strerror(ctypes.get_errno()))

    def test_a_git_checkout_of_500_files_is_one_generation(self):
        tree = self.berth.root / "repository"
        for version in (1, 2):
            (tree / "containers").mkdir(parents=True, exist_ok=True)
            for number in range(500):
                (tree / f"containers/c{number}.toml").write_text(
                    f'template = "host"\ncommand = ["true"]\nautostart = false\n'
                    f'environment = {{ V = "{version}" }}\n')
            if version == 1:
                self.git(tree, "init", "--quiet", "--initial-branch=main")
            self.git(tree, "add", "--all")
            self.git(tree, "commit", "--quiet", "--message", f"version {version}")
        self.git(tree, "checkout", "--quiet", "HEAD~1")
        shutil.rmtree(self.berth.containers)
        self.berth.containers.symlink_to(tree / "containers")
        berth_instance.poll("500 containers", lambda: len(self.berth.ps()) == 500, 20)
        before = self.generation()
        self.git(tree, "checkout", "--quiet", "main")
        berth_instance.poll("the new generation", lambda: self.generation() > before, 20)
        rows = self.berth.ps().values()
        self.assertEqual(500, len(rows))
        self.assertEqual({before + 1}, {row["generation"] for row in rows})
        self.assertEqual(before + 1, self.generation())

    def git(self, tree, *arguments):
        subprocess.run(["git", "-C", tree, "-c", "user.name=t", "-c", "user.email=t@t", *arguments],
                       check=True, capture_output=True,
                       env={"PATH": os.environ["PATH"], "HOME": str(self.berth.root),
                            "GIT_CONFIG_NOSYSTEM": "1"})

    def test_a_swapped_symlink_of_files_or_of_a_directory_is_taken(self):
        # As git-sync and ConfigMaps do: web.toml -> ..data/web.toml, ..data -> ..1, then -> ..2.
        where = self.berth.containers
        for version in (1, 2):
            (where / f"..{version}").mkdir()
            (where / f"..{version}/web.toml").write_text(self.definition("web", version))
        (where / "..data").symlink_to("..1")
        (where / "web.toml").symlink_to("..data/web.toml")
        self.until_started("web", 1)
        (where / "..data.new").symlink_to("..2")
        (where / "..data.new").rename(where / "..data")
        self.until_started("web", 2)
        # And a link above the directory.
        elsewhere = self.berth.root / "checkouts/3/containers"
        elsewhere.mkdir(parents=True)
        (elsewhere / "web.toml").write_text(self.definition("web", 3))
        aside = self.berth.root / "etc/berth/aside"
        aside.symlink_to("../../checkouts/3/containers")
        self.swap(aside, where)
        self.until_started("web", 3)
        self.assertEqual(["1", "2", "3"], self.started("web"))
        # In place, behind the link.
        (elsewhere / "web.toml").write_text(self.definition("web", 4))
        self.until_started("web", 4)

    def test_the_source_layer_is_taken_when_its_link_is_swapped(self):
        source = self.berth.root / "var/lib/berth/source"
        for version in (1, 2):
            directory = source / f"checkouts/{version}/containers"
            directory.mkdir(parents=True)
            (directory / "web.toml").write_text(self.definition("web", version))
        (source / "current").symlink_to("checkouts/1")
        self.until_started("web", 1)
        (source / "new").symlink_to("checkouts/2")
        (source / "new").rename(source / "current")
        self.until_started("web", 2)
        self.put("web", 3)  # /etc is above it
        self.until_started("web", 3)
        self.berth.remove("web.toml")
        self.until_started("web", 2)

    def test_layers_and_drop_ins_that_appear_change_and_vanish_are_noticed(self):
        packaged = self.berth.root / "usr/lib/berth/containers"
        packaged.mkdir(parents=True)
        (packaged / "web.toml").write_text(self.definition("web", 1))
        self.until_started("web", 1)
        drop_in = self.berth.write("web.toml.d/10-version.toml", 'environment.V = "2"\n')
        self.until_started("web", 2)
        drop_in.write_text('environment.V = "3"\n')
        self.until_started("web", 3)
        shown = self.berth.berth("show", "web").stdout
        self.assertRegex(shown, r'V += "3" +# .*/web\.toml\.d/10-version\.toml:1')
        self.assertIn(str(packaged / "web.toml"), self.berth.berth("cat", "web").stdout)
        drop_in.write_text("environment.V = 3")
        told = berth_instance.poll("the bad drop-in is told", self.berth.problems, 10)
        self.assertIn("10-version.toml:1", "\n".join(told))
        self.assertEqual(["1", "2", "3"], self.started("web"))
        shutil.rmtree(drop_in.parent)
        self.until_started("web", 1)
        os.symlink("/dev/null", self.berth.containers / "web.toml")
        self.berth.until_gone("web")
        self.assertIn("masked", self.berth.berth("cat", "web").stdout)
        (self.berth.containers / "web.toml").unlink()
        self.until_started("web", 1)
        (packaged / "web.toml").unlink()
        self.berth.until_gone("web")

    def test_what_editors_do_is_one_change_and_their_own_files_are_none(self):
        self.put("web", 1)
        self.until_started("web", 1)
        path = self.berth.containers / "web.toml"
        # vim: swap file, 4913, backup by rename, new file, backup gone.
        (path.parent / ".web.toml.swp").write_bytes(b"b0VIM")
        (path.parent / "4913").write_text("")
        (path.parent / "4913").unlink()
        path.rename(path.parent / "web.toml~")
        path.write_text(self.definition("web", 2))
        (path.parent / "web.toml~").unlink()
        (path.parent / ".web.toml.swp").unlink()
        self.until_started("web", 2)
        # emacs, nano: a lock link, a backup by copying, written in place.
        (path.parent / ".#web.toml").symlink_to("root@host.1:2")
        shutil.copy(path, path.parent / "web.toml~")
        path.write_text(self.definition("web", 3))
        (path.parent / ".#web.toml").unlink()
        self.until_started("web", 3)
        # rsync: a dot file beside it, renamed over.
        beside = path.parent / ".web.toml.Xa81kQ"
        beside.write_text(self.definition("web", 4))
        beside.rename(path)
        self.until_started("web", 4)
        self.assertEqual(["1", "2", "3", "4"], self.started("web"))
        self.assertEqual([], self.berth.problems())

    def test_a_directory_that_vanishes_and_comes_back_changes_nothing(self):
        self.put("web", 1)
        self.until_started("web", 1)
        where = self.berth.containers
        for _ in range(3):
            where.rename(where.parent / "gone")
            berth_instance.poll("it is said", lambda: "is not there"
                                in "".join(self.berth.json("status")["notices"]), 10)
            (where.parent / "gone").rename(where)
            berth_instance.poll("all is well", lambda: "is not there"
                                not in "".join(self.berth.json("status")["notices"]), 10)
        self.assertEqual(["1"], self.started("web"))
        # And what comes back is what counts.
        where.rename(where.parent / "gone")
        where.mkdir()
        self.put("web", 2)
        self.until_started("web", 2)

    def test_a_half_written_file_is_waited_for(self):
        self.put("web", 1)
        self.until_started("web", 1)
        text = self.definition("web", 2)
        half = text.index("environment")
        generation = self.generation()
        with open(self.berth.containers / "web.toml", "w", encoding="utf-8") as file:
            file.write(text[:half])
            file.flush()
            time.sleep(0.4)  # the writer's own pause, which is what is tested
            file.write(text[half:])
        self.until_started("web", 2)
        self.assertEqual(["1", "2"], self.started("web"))
        self.assertEqual(generation + 1, self.generation())

    def test_more_events_than_the_queue_holds_lose_nothing(self):
        self.put("web", 1)
        self.until_started("web", 1)
        worker = self.worker()
        os.kill(worker, signal.SIGSTOP)
        try:
            # Equal events in a row are merged into one, so two files take turns.
            for _ in range(int(QUEUE.read_text()) // 2 + 100):
                for name in ("a", "b"):
                    (self.berth.containers / f"{name}.toml").touch()
            for name in ("a", "b"):
                (self.berth.containers / f"{name}.toml").unlink()
            self.put("web", 2)
        finally:
            os.kill(worker, signal.SIGCONT)
        self.until_started("web", 2)
        # And what comes later is noticed as before.
        self.put("web", 3)
        self.until_started("web", 3)
        self.assertEqual(["1", "2", "3"], self.started("web"))

    def test_a_writer_that_never_stops_holds_nobody_up_for_more_than_ten_seconds(self):
        self.put("web", 1)
        self.until_started("web", 1)
        stop = threading.Event()

        def write_on():
            count = 0
            while not stop.is_set():
                count += 1
                (self.berth.containers / "noise.toml").write_text(f"# {count}\n")
                stop.wait(0.02)

        writer = threading.Thread(target=write_on)
        writer.start()
        try:
            begin = time.monotonic()
            self.put("web", 2)
            self.until_started("web", 2, 15)
            self.assertLess(time.monotonic() - begin, 12)  # ten, and the stop and start
        finally:
            stop.set()
            writer.join()
        self.assertEqual(["1", "2"], self.started("web"))

    def test_10000_pushes_with_a_racing_writer_end_in_the_last_state(self):
        names = [f"pushed-{number}" for number in range(4)]
        for name in ("bystander", "same", "raced", *names):
            self.put(name, 0)
        for name in ("bystander", "same", "raced", *names):
            self.until_started(name, 0)
        bystander = self.berth.pid("bystander")
        generation = self.generation()
        stop = threading.Event()
        raced = [0]

        def race():  # in place: cut off, half of it, the rest; with pauses in the middle
            chance = random.Random(7)
            path = self.berth.containers / "raced.toml"
            while not stop.is_set():
                raced[0] += 1
                text = self.definition("raced", raced[0])
                half = text.index("environment")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text[:half])
                    file.flush()
                    stop.wait(chance.uniform(0, 0.01))
                    file.write(text[half:])
                stop.wait(chance.uniform(0, 0.01))

        racer = threading.Thread(target=race)
        racer.start()
        same = self.definition("same", 0)
        last = {}
        begin = time.monotonic()
        try:
            for push in range(10000):
                if push % 50 == 0:
                    self.berth.write("same.toml", same)  # pushed, but not changed
                name = names[push % len(names)]
                last[name] = push
                self.put(name, push)
                behind = begin + push * 0.0025 - time.monotonic()
                if behind > 0:
                    time.sleep(behind)  # spread over more than two of the ten-second bounds
        finally:
            stop.set()
            racer.join()
        for name in names:
            self.until_started(name, last[name], 30)
        self.until_started("raced", raced[0], 30)
        self.assertEqual(["0"], self.started("bystander"))
        self.assertEqual(bystander, self.berth.pid("bystander"))
        self.assertEqual(["0"], self.started("same"))
        generations = self.generation() - generation
        for name in (*names, "raced"):
            starts = self.started(name)
            with self.subTest(name=name, starts=starts):
                # Only versions that were written in whole, each once, in their order.
                self.assertEqual(sorted({int(start) for start in starts}),
                                 [int(start) for start in starts])
                self.assertLessEqual(len(starts) - 1, generations)
        # Ten seconds at the most were waited, and no set was taken while the writers went on.
        self.assertGreaterEqual(generations, 2)
        self.assertLessEqual(generations, 12)


class AsOne(VersionsTest):
    """apply = "set"."""

    settings = {"apply": "set"}

    def test_one_bad_file_holds_back_the_whole_set_until_it_is_mended(self):
        for name in ("web", "db"):
            self.put(name, 1)
        for name in ("web", "db"):
            self.until_started(name, 1)
        self.berth.write("db.toml", "command = ")
        told = berth_instance.poll("it is said", self.berth.problems, 10)
        self.assertIn("db.toml:1:", "\n".join(told))
        self.put("web", 2)
        self.berth.write("new.toml", self.definition("new", 1))
        self.berth.write("later.toml", "hostnam = 1")  # so that the reading can be awaited
        berth_instance.poll("both are told", lambda: "later.toml"
                            in "\n".join(self.berth.problems()), 10)
        notices = "".join(self.berth.json("status")["notices"])
        self.assertIn("none of their changes is applied", notices)
        self.assertNotIn("new", self.berth.ps())
        self.assertEqual([["1"], []], [self.started("web"), self.started("new")])
        self.berth.remove("later.toml")
        self.put("db", 2)
        for name, version in (("web", 2), ("db", 2), ("new", 1)):
            self.until_started(name, version)
        self.assertEqual(["1", "2"], self.started("web"))


if __name__ == "__main__":
    berth_testing.main()
