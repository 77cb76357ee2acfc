#!/usr/bin/env python3
"""`berth sync` with repositories that are as they should be: what is taken, and how it is told."""

import fcntl
import os
import stat
import threading

import berth_testing
import source_testing


class Taking(source_testing.SourceTest):
    def test_the_head_of_a_repository_is_taken_and_followed(self):
        first = self.push(self.service_file() | {"README.md": "x", "containers/notes.txt": "x"})
        said = self.sync()
        self.assertIn(f"took HEAD at {first[:12]}, not verified: 1 file", said)
        self.assertEqual(["containers/web.toml"], list(self.in_force()))
        self.assertIn("up to date", self.sync())
        self.assertEqual("up-to-date", self.status()["last"]["outcome"])

        second = self.push({"networks/lan.toml": 'subnet = "10.20.0.0/24"\n'})
        self.sync()
        checkout = self.status()["checkout"]
        self.assertEqual((second, first, "descendant", 2), (
            checkout["commit"], checkout["previous"], checkout["ancestry"], checkout["files"]))
        self.assertEqual("Alice <alice@example>", checkout["author"])
        self.assertEqual(["containers/web.toml", "networks/lan.toml"], list(self.in_force()))

    def test_a_checkout_is_roots_and_can_be_written_by_nobody_else(self):
        self.push(self.service_file() | {"containers/web.toml.d/10.toml": "autostart = true\n"})
        (self.tree / "containers/web.toml").chmod(0o755)
        self.push()
        os.umask(0o077)
        self.sync()
        current = self.source / "current"
        self.assertTrue(os.readlink(current).startswith("checkouts/"))
        for path in [current, *current.rglob("*")]:
            found = path.stat()
            self.assertEqual((0, 0), (found.st_uid, found.st_gid), path)
            wanted = 0o755 if path.is_dir() else 0o644
            self.assertEqual(wanted, stat.S_IMODE(found.st_mode), path)

    def test_only_the_checkout_in_force_and_the_one_before_are_kept(self):
        commits = []
        for version in range(4):
            commits.append(self.push(self.service_file(str(version))))
            self.sync()
        kept = {path.name for path in (self.source / "checkouts").iterdir()}
        self.assertEqual(set(commits[-2:]), kept)
        self.assertEqual({"checkouts", "current", "lock", "status.json"},
                         {path.name for path in self.source.iterdir()})

    def test_branches_tags_and_commits_are_refs(self):
        first = self.push(self.service_file("1"))
        self.run_git("tag", "-a", "-m", "x", "v1")
        self.run_git("push", "--quiet", "origin", "v1", "HEAD:refs/heads/side")
        second = self.push(self.service_file("2"))
        for ref, commit in (("v1", first), ("main", second), ("side", first), (second, second),
                            ("refs/heads/side", first), ("refs/tags/v1", first)):
            with self.subTest(ref):
                self.reconfigure(ref=ref)
                self.sync()
                self.assertEqual(commit, self.status()["checkout"]["commit"])

    def test_a_directory_of_the_repository_is_taken_alone(self):
        self.push({f"hosts/{host}/{path}": text for host in ("alpha", "beta")
                   for path, text in self.service_file(host).items()})
        self.reconfigure(path="hosts/beta")
        self.sync()
        self.assertEqual(self.service_file("beta"), self.in_force())
        self.reconfigure(path="hosts/alpha")  # the same commit, and yet another checkout
        self.sync()
        self.assertEqual(self.service_file("alpha"), self.in_force())

    def test_a_repository_with_long_ids_is_taken(self):
        self.make_repository("--object-format=sha256")
        commit = self.push(self.service_file())
        self.assertEqual(64, len(commit))
        self.sync()
        self.assertEqual(self.service_file(), self.in_force())

    def test_everything_can_be_removed_but_the_directory(self):
        self.push(self.service_file() | {"containers/.gitkeep": ""})
        self.sync()
        self.push({"containers/web.toml": None})
        self.sync()
        self.assertEqual({}, self.in_force())

    def test_broken_definitions_are_taken_and_counted_but_not_as_a_set(self):
        self.push(self.service_file())
        self.sync()
        self.push({"containers/bad.toml": "comand = 7\n"})
        self.configure(more='apply = "set"', **self.settings_now)
        self.assertIn("containers/bad.toml:1", self.refused("definitions"))
        self.configure(**self.settings_now)
        self.sync()
        self.assertIn("containers/bad.toml:1", self.status()["checkout"]["first_error"])


class Served(source_testing.SourceTest):
    """Over git daemon, on the loopback."""

    def prepare(self):
        super().prepare()
        self.reconfigure(repository=self.serve())

    def test_a_push_is_taken(self):
        self.push(self.service_file("1"))
        self.sync()
        commit = self.push(self.service_file("2"))
        self.sync()
        self.assertEqual((commit, "descendant"), (self.status()["checkout"]["commit"],
                                                  self.status()["checkout"]["ancestry"]))

    def test_a_forced_push_is_followed_and_said(self):
        first = self.push(self.service_file("1"))
        self.push(self.service_file("2"))
        self.sync()
        before = self.status()["checkout"]["commit"]
        self.run_git("reset", "--quiet", "--hard", first)
        self.push(self.service_file("3"))
        self.assertIn(f"not a descendant of {before[:12]}", self.sync())
        self.assertEqual("not-a-descendant", self.status()["checkout"]["ancestry"])
        self.assertEqual(self.service_file("3"), self.in_force())
        self.assertIn("not a descendant", self.berth.berth("sync", "--status").stdout)

    def test_of_a_large_repository_only_what_is_needed_is_fetched(self):
        self.run_git("config", "uploadpack.allowFilter", "true", at=self.bare)
        for number in range(3):
            (self.tree / "large").write_bytes(os.urandom(4 << 20))
            self.push(self.service_file(str(number)))
        self.sync("--max-fetch", "1M")
        self.assertEqual(self.service_file("2"), self.in_force())

    def test_pushes_while_it_syncs_never_tear_a_checkout(self):
        def both(version):
            return self.service_file(version, "a") | self.service_file(version, "b")

        self.push(both("0"))
        self.sync()
        done = threading.Event()

        def push_on():
            for number in range(1, 31):
                self.push(both(str(number)))
            done.set()

        pusher = threading.Thread(target=push_on)
        pusher.start()
        while not done.is_set():
            self.sync()
            texts = list(self.in_force().values())
            self.assertEqual(2, len(texts))
            self.assertEqual(texts[0], texts[1])
        pusher.join()
        self.sync()
        self.assertEqual(both("30"), self.in_force())


class Timed(source_testing.SourceTest):
    def test_a_timed_sync_waits_for_the_interval_unless_the_settings_change(self):
        self.assertEqual("", self.without_source("--if-due"))
        self.push(self.service_file("1"))
        self.reconfigure(interval="1h")
        self.assertIn("took", self.sync("--if-due"))
        self.push(self.service_file("2"))
        self.assertEqual("", self.sync("--if-due"))
        self.assertEqual(self.service_file("1"), self.in_force())
        self.reconfigure(ref="main")
        self.assertIn("took", self.sync("--if-due"))
        self.assertEqual(self.service_file("2"), self.in_force())

    def without_source(self, *options):
        file = self.berth.root / "etc/berth/berthd.toml"
        text = file.read_text()
        file.write_text("")
        said = self.sync(*options)
        self.assertIn("has no [source]", self.sync(code=1))
        file.write_text(text)
        return said

    def test_two_at_once_exclude_one_another(self):
        self.push(self.service_file())
        self.sync()
        with open(self.source / "lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("another sync is running", self.sync("--timeout", "200ms", code=1))
            self.reconfigure(ref="main")
            self.assertEqual("", self.sync("--if-due"))
        self.assertIn("up to date: main", self.sync())


class Living(source_testing.SourceTest):
    """With a berthd that takes what is in force."""

    def test_a_push_and_a_sync_start_and_change_a_container(self):
        self.berth.start()
        self.push(self.service_file("1"))
        self.sync()
        self.berth.wait("web", "ready")
        first = self.berth.pid("web")
        self.push({"containers/web.toml": (source_testing.SERVICE % "2").replace("2s", "3s")}
                  | self.service_file("1", "db"))
        self.sync()
        self.berth.wait("db", "ready")
        self.assertEqual(first, self.berth.pid("web"))  # a stop timeout and a label are live
        self.push({"containers/db.toml": None})
        self.sync()
        self.berth.until_gone("db")

    def test_a_sync_that_fails_stops_nothing(self):
        self.push(self.service_file("1"))
        self.sync()
        self.berth.start()
        self.berth.wait("web", "ready")
        pid = self.berth.pid("web")
        self.run_git("update-ref", "-d", "refs/heads/main", at=self.bare)
        self.refused("ref")
        self.assertEqual(pid, self.berth.pid("web"))

    def test_what_etc_defines_wins_over_the_source(self):
        self.push({"containers/web.toml": 'template = "host"\ncommand = ["false"]\n'}
                  | self.service_file("1", "db"))
        self.service("web")
        self.sync()
        self.berth.start()
        self.berth.wait("db", "ready")
        self.berth.wait("web", "ready")


if __name__ == "__main__":
    if missing := source_testing.missing_programs():
        print(f"skipped: not installed: {missing}")
        raise SystemExit(berth_testing.SKIPPED)
    berth_testing.main()
