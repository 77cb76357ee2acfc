#!/usr/bin/env python3
"""`berth sync` with repositories that are not as they should be: the old checkout stays, and the
status says why; and what a confined git can do, which is next to nothing.
"""

import os
import pathlib
import signal
import socket
import subprocess
import time

import berth_testing
from berth_testing import berth_instance
import source_testing


class Signed(source_testing.SourceTest):
    """With ssh keys."""

    def prepare(self):
        super().prepare()
        self.alice = self.make_ssh_key("alice")
        self.make_ssh_key("mallory")
        self.trust(f"alice@example {self.alice}")
        self.reconfigure(verify="ssh-signatures")
        self.sign_with_ssh("alice")
        self.good = self.push(self.service_file("good"), "-S")
        self.assertIn("signed by alice@example", self.sync())

    def test_only_a_commit_that_a_trusted_key_signed_is_taken(self):
        self.push(self.service_file("unsigned"))
        self.refused("unsigned")
        self.sign_with_ssh("mallory")
        stranger = self.push(self.service_file("stranger"), "-S")
        self.assertIn(stranger[:12], self.refused("unknown-signer"))
        self.sign_with_ssh("alice")
        self.push(self.service_file("mine"), "-S")
        self.sync()
        self.assertEqual(self.service_file("mine"), self.in_force())

    def test_a_signature_of_another_content_is_refused(self):
        text = self.run_git("cat-file", "commit", self.good)
        other = self.run_git("rev-parse", f"{self.commit(self.service_file('evil'))}^{{tree}}")
        tree = self.run_git("rev-parse", f"{self.good}^{{tree}}")
        forged = self.run_git("hash-object", "-t", "commit", "-w", "--stdin",
                              input=text.replace(tree, other) + "\n")
        self.run_git("push", "--quiet", "--force", "origin", f"{forged}:refs/heads/main")
        self.refused("bad-signature")

    def test_a_key_that_expired_is_refused(self):
        self.trust(f'alice@example valid-before="20200101" {self.alice}')
        self.push(self.service_file("late"), "-S")
        self.refused("expired-key")

    def test_keys_that_change_are_looked_at_again(self):
        self.trust(f"mallory@example {(self.place / 'mallory.pub').read_text()}")
        self.refused("unknown-signer")
        self.trust(f"alice@example {self.alice}", "# and nobody else")
        self.assertIn("signed by alice@example", self.sync())
        self.assertIn("up to date", self.sync())

    def test_the_repository_cannot_say_how_it_is_verified(self):
        # What a fetched repository could bring along if it were used for verifying.
        self.run_git("config", "gpg.ssh.program", "/bin/true", at=self.bare)
        self.run_git("config", "gpg.program", "/bin/true", at=self.bare)
        self.push(self.service_file("unsigned"))
        self.refused("unsigned")

    def test_without_keys_that_root_alone_can_write_nothing_is_trusted(self):
        file = self.berth.root / "etc/berth/allowed_signers"
        self.push(self.service_file("new"), "-S")
        file.chmod(0o666)
        self.assertIn("can be written by others", self.refused("settings"))
        file.unlink()
        self.refused("settings")

    def test_a_gpg_signature_is_none_when_ssh_is_asked_for(self):
        self.make_gpg_key("alice")
        self.run_git("config", "gpg.format", "openpgp")
        self.run_git("config", "user.signingKey", "alice@example")
        self.push(self.service_file("gpg"), "-S")
        self.assertEqual(1, self.berth.berth("sync").returncode)
        self.assertEqual(self.service_file("good"), self.in_force())


class GpgSigned(source_testing.SourceTest):
    def prepare(self):
        super().prepare()
        self.make_gpg_key("alice")
        self.run_git("config", "user.signingKey", "alice@example")
        self.keyring = self.berth.root / "etc/berth/keyring.gpg"
        self.keyring.write_bytes(self.gpg("--export", "alice@example"))
        self.reconfigure(verify="gpg")
        self.push(self.service_file("good"), "-S")

    def test_only_a_commit_that_a_key_of_the_ring_signed_is_taken(self):
        self.assertIn("signed by alice <alice@example>", self.sync())
        self.assertEqual(self.service_file("good"), self.in_force())
        self.push(self.service_file("unsigned"))
        self.refused("unsigned")
        self.make_gpg_key("mallory")
        self.run_git("config", "user.signingKey", "mallory@example")
        self.push(self.service_file("stranger"), "-S")
        self.refused("unknown-signer")

    def test_a_key_ring_may_be_armored_and_must_be_one(self):
        self.keyring.write_bytes(self.gpg("--armor", "--export", "alice@example"))
        self.sync()
        self.keyring.write_text("no keys")
        self.push(self.service_file("new"), "-S")
        self.refused("settings")

    def test_a_key_that_expired_is_refused(self):
        self.make_gpg_key("carol", "--faked-system-time", "20200101T000000")
        self.run_git("config", "user.signingKey", "carol@example")
        wrapper = self.place / "past-gpg"
        wrapper.write_text('#!/bin/sh\nexec gpg --faked-system-time 20200101T000000 "$@"\n')
        wrapper.chmod(0o755)
        self.run_git("config", "gpg.program", str(wrapper))
        self.keyring.write_bytes(self.gpg("--export"))
        self.push(self.service_file("late"), "-S")
        self.refused("expired-key")


class Broken(source_testing.SourceTest):
    def prepare(self):
        super().prepare()
        self.push(self.service_file("good"))
        self.sync()

    def test_a_repository_a_ref_or_a_path_that_is_not_there(self):
        good = self.settings_now
        for problem, change in (("unreachable", {"repository": "/nowhere.git"}),
                                ("unreachable", {"repository": f"git://127.0.0.1:"
                                                               f"{self.free_port()}/x"}),
                                ("unreachable", {"repository": f"http://127.0.0.1:"
                                                               f"{self.free_port()}/x"}),
                                ("unreachable", {"repository": f"ssh://git@127.0.0.1:"
                                                               f"{self.free_port()}/x"}),
                                ("ref", {"ref": "gone"}), ("ref", {"ref": "0" * 40}),
                                ("path", {"path": "gone"}),
                                ("settings", {"repository": "ext::sh -c id"}),
                                ("settings", {"ref": "a..b"}),
                                ("settings", {"verify": "gpg"})):
            with self.subTest(change):
                self.configure(**(good | change))
                self.refused(problem)
        self.configure(**good)
        self.assertIn("up to date", self.sync())

    def test_a_ref_that_is_gone(self):
        self.run_git("update-ref", "-d", "refs/heads/main", at=self.bare)
        self.refused("ref")

    def test_a_tree_without_the_directory_means_no_deletion(self):
        self.push({"containers/web.toml": None, "README.md": "moved"})
        self.refused("path")

    def test_symlinks_and_submodules_are_refused(self):
        (self.tree / "containers/passwd.toml").symlink_to("/etc/passwd")
        self.push()
        self.assertIn("is a symbolic link", self.refused("tree"))
        self.run_git("rm", "--quiet", "containers/passwd.toml")
        self.run_git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},containers/sub")
        self.run_git("commit", "--quiet", "-m", "x")
        self.run_git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main")
        self.assertIn("is a submodule", self.refused("tree"))

    def hash_tree(self, *entries):
        """A tree object of (mode, name, id), whatever they are."""
        body = b"".join(mode.encode() + b" " + name.encode() + b"\0" + bytes.fromhex(number)
                        for mode, name, number in entries)
        return subprocess.run(
            ["git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin"], cwd=self.tree,
            env=self.environment, input=body, capture_output=True, check=True).stdout.decode().strip()

    def test_paths_that_leave_the_tree_are_refused(self):
        blob = self.run_git("rev-parse", "HEAD:containers/web.toml")
        for name in ("..", "../../../evil.toml", "/etc/evil.toml", ".git"):
            with self.subTest(name):
                tree = self.hash_tree(("40000", "containers",
                                       self.hash_tree(("100644", name, blob))))
                commit = self.run_git("commit-tree", "-m", "x", tree)
                # Written into the repository, as no push would take it.
                self.run_git("-c", "transfer.fsckObjects=false", "push", "--quiet", "--force",
                             "origin", f"{commit}:refs/heads/main")
                said = self.berth.berth("sync")
                self.assertEqual(1, said.returncode, said.stdout)
                self.assertEqual(self.service_file("good"), self.in_force())
                self.assertIn(self.status()["last"]["problem"], ("corrupt", "tree"))
        self.assertFalse((self.source / "evil.toml").exists())

    def test_objects_that_are_broken_or_gone_are_refused(self):
        self.push(self.service_file("broken"))
        blob = self.run_git("rev-parse", "HEAD:containers/web.toml")
        file = self.bare / "objects" / blob[:2] / blob[2:]
        whole = file.read_bytes()
        file.chmod(0o644)
        for content in (whole[:-4], b"\0" * len(whole), b""):
            file.write_bytes(content)
            self.assertEqual(1, self.berth.berth("sync").returncode)
            self.assertEqual(self.service_file("good"), self.in_force())
            self.assertEqual("failed", self.status()["last"]["outcome"])
        file.write_bytes(whole)
        self.sync()
        self.assertEqual(self.service_file("broken"), self.in_force())

    def test_a_repository_that_is_too_large_is_refused(self):
        # Of a server that cannot leave anything out, all of it would come.
        file = self.tree / "containers/web.toml"
        file.write_bytes(os.urandom(8 << 20))
        self.push()
        self.refused("too-large", "--max-fetch", "2M")
        self.refused("tree")  # a definition of 8 MiB

    def test_a_status_tells_of_the_failure_and_of_what_is_in_force(self):
        self.run_git("update-ref", "-d", "refs/heads/main", at=self.bare)
        self.refused("ref")
        told = self.berth.berth("sync", "--status")
        self.assertEqual(1, told.returncode)
        for part in ("commit: ", "not verified", "failed", "ref: "):
            self.assertIn(part, told.stdout)
        self.assertEqual(0o644, (self.source / "status.json").stat().st_mode & 0o777)


class Hanging(source_testing.SourceTest):
    """A server that takes the connection and says nothing."""

    def prepare(self):
        super().prepare()
        self.push(self.service_file("good"))
        self.sync()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)
        address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.git_url, self.http_url = f"git://{address}/x", f"http://{address}/x"

    def test_a_silent_server_is_given_up_in_time(self):
        for url in (self.git_url, self.http_url):
            self.reconfigure(repository=url)
            began = time.monotonic()
            self.refused("too-slow", "--timeout", "2s")
            self.assertLess(time.monotonic() - began, 20)
        self.assertEqual([], self.others())

    def test_a_sync_that_is_killed_leaves_no_process_and_the_next_one_works(self):
        good = self.settings_now
        self.reconfigure(repository=self.git_url)
        sync = subprocess.Popen(
            [self.berth.binaries / "berth", "--root", self.berth.root, "sync"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.listener.settimeout(30)
        connection, _ = self.listener.accept()
        self.addCleanup(connection.close)
        sync.send_signal(signal.SIGKILL)
        sync.wait()
        berth_instance.poll("git is gone", lambda: not self.others(), 20)
        self.configure(**good)
        self.sync()
        self.assertFalse((self.source / "work").exists())

    def others(self):
        return [entry for entry in self.berth.leftovers_now()["process"]]


class Confined(source_testing.SourceTest):
    """What runs in git's place, here a script, can look at itself and try things."""

    def prepare(self):
        super().prepare()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "x", "/usr/local/bin"],
                       check=True)
        self.addCleanup(subprocess.run, ["umount", "/usr/local/bin"], check=True)
        self.secret = pathlib.Path(self.berth.root) / "etc/berth/secret"
        self.secret.write_text("the content")
        self.secret.chmod(0o600)

    def inside(self, script):
        """The output of a script that is run as git."""
        git = pathlib.Path("/usr/local/bin/git")
        git.write_text(f'#!/bin/sh\nanswer=$({{ {script}; }} 2>&1)\n'
                       'echo "fatal: [$(echo "$answer" | tr "\\n" " ")]" >&2\nexit 1\n')
        git.chmod(0o755)
        self.berth.berth("sync")
        error = self.status()["last"]["error"]
        return error[error.index("[") + 1:error.rindex("]")].strip()

    def test_it_is_nobody_and_has_no_rights(self):
        self.assertNotIn("0", self.inside("id -u; id -g; id -G").split())
        self.assertIn("Operation not permitted", self.inside("unshare --user true"))
        self.assertIn("Operation not permitted", self.inside("unshare --mount true"))
        self.assertIn("failed", self.inside("mount -t tmpfs x /tmp || echo failed"))
        self.assertEqual("1 0", self.inside(
            "python3 -c 'import ctypes; call = ctypes.CDLL(None).prctl; "
            "print(call(39, 0, 0, 0, 0)); "  # PR_GET_NO_NEW_PRIVS, PR_CAPBSET_READ
            "print(sum(call(23, n, 0, 0, 0) for n in range(40)))'"))

    def test_it_sees_nothing_of_the_host_but_programs(self):
        self.assertNotIn("the content", self.inside(f"cat {self.secret} /..{self.secret}"))
        for path in (self.berth.root, "/proc/1", "/sys/kernel", "/root", "/home", "/var", "/run",
                     "/etc/shadow", "/etc/berth", "/etc/ssh"):
            self.assertEqual("no", self.inside(f"test -e {path} && echo yes || echo no"), path)
        self.assertEqual("berth bin dev etc lib lib64 sbin tmp usr".split(),
                         [name for name in self.inside("ls /").split() if name != "lib32"])

    def test_it_can_write_nowhere_but_in_its_own_directory(self):
        for path in ("/x", "/tmp/x", "/usr/x", "/etc/x", "/berth/x", "/berth/origin/x",
                     "/usr/local/bin/x", "/dev/x", "/berth/gitconfig"):
            self.assertEqual("no", self.inside(
                f"(echo x > {path}) 2>/dev/null && echo yes || echo no"), path)
        self.assertEqual("yes", self.inside("(echo x > /berth/work/x) && echo yes || echo no"))
        self.assertIn("Permission denied", self.inside(
            "cp /bin/true /berth/work/x; /berth/work/x"))

    def test_it_has_processes_and_a_network_of_its_own(self):
        self.assertEqual("2", self.inside("echo $$"))
        # A repository of this host is fetched without a network.
        self.assertEqual("no", self.inside("python3 -c 'import socket; "
                                           "socket.create_connection((\"127.0.0.1\", 1))' "
                                           "2>&1 | grep -q refused && echo yes || echo no"))

    def test_its_files_processes_and_memory_are_limited(self):
        self.assertIn("File size limit", self.inside(
            "head -c 300000000 /dev/zero > /berth/work/x || echo File size limit"))
        self.assertIn("MemoryError", self.inside("python3 -c 'bytearray(3 << 30)'"))
        self.assertEqual("64 256 0", self.inside("ulimit -u 2>/dev/null || echo 64; ulimit -n; "
                                                 "ulimit -c"))


if __name__ == "__main__":
    if missing := source_testing.missing_programs():
        print(f"skipped: not installed: {missing}")
        raise SystemExit(berth_testing.SKIPPED)
    berth_testing.main()
