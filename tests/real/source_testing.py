"""What the tests of `berth sync` share: real repositories, keys and servers in the test's directory.

Each test has a work tree whose commits it pushes to a bare repository, and berthd.toml names that
one. Everything lies in the test's own namespaces: servers listen on the loopback of its network.
"""

import json
import os
import shutil
import socket
import subprocess

import berth_testing
from berth_testing import berth_instance

SERVICE = ('template = "host"\nstop_timeout = "2s"\nlabels = { version = "%s" }\n'
           'command = ["sh", "-c", "trap \'exit 0\' TERM; sleep infinity & wait"]\n')


class SourceTest(berth_testing.BerthTest):
    started = False

    def prepare(self):
        self.place = self.berth.root / "git"
        self.place.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.place), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self.place / "gitconfig"), "LC_ALL": "C",
            "GNUPGHOME": str(self.place / "gnupg")}
        (self.place / "gitconfig").write_text(
            "[user]\nname = Alice\nemail = alice@example\n[init]\ndefaultBranch = main\n"
            "[gc]\nauto = 0\n[safe]\ndirectory = *\n")
        self.source = self.berth.root / "var/lib/berth/source"
        self.make_repository()
        self.configure(repository=f"file://{self.bare}")

    def make_repository(self, *options):
        for name in ("tree", "bare.git"):
            shutil.rmtree(self.place / name, ignore_errors=True)
        self.tree, self.bare = self.place / "tree", self.place / "bare.git"
        self.run_git("init", "--quiet", *options, str(self.tree), at=self.place)
        self.run_git("init", "--quiet", "--bare", *options, str(self.bare), at=self.place)
        self.run_git("remote", "add", "origin", str(self.bare))

    def configure(self, more="", **source):
        """Writes berthd.toml with this [source]; `more` before it."""
        file = self.berth.root / "etc/berth/berthd.toml"
        lines = [f'cgroup = "{self.berth.cgroup}"', 'log_level = "debug"', more, "[source]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in source.items()]
        beside = file.with_suffix(".new")
        beside.write_text("\n".join(lines) + "\n")
        beside.rename(file)
        self.settings_now = source

    def reconfigure(self, **source):
        self.configure(**(self.settings_now | source))

    # The repository.

    def run_git(self, *arguments, at=None, **more):
        done = subprocess.run(["git", *arguments], cwd=at or self.tree, env=self.environment,
                              capture_output=True, text=True, check=False, **more)
        if done.returncode != 0:
            raise AssertionError(f"git {' '.join(arguments)}: {done.stderr}")
        return done.stdout.strip()

    def commit(self, files, *options):
        """Writes the files ({path: text}; None removes), commits them; the commit's id."""
        for path, text in files.items():
            file = self.tree / path
            if text is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.run_git("add", "--all")
        self.run_git("commit", "--quiet", "--allow-empty", "-m", "a change", *options)
        return self.run_git("rev-parse", "HEAD")

    def push(self, files=None, *options):
        """A commit in the bare repository; its id."""
        commit = self.commit(files or {}, *options)
        self.run_git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main")
        return commit

    def service_file(self, version="1", name="web"):
        return {f"containers/{name}.toml": SERVICE % version}

    # Keys.

    def make_ssh_key(self, name):
        """A key pair; the public key's line."""
        file = self.place / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file],
                       check=True)
        return file.with_suffix(".pub").read_text().strip()

    def sign_with_ssh(self, name):
        self.run_git("config", "gpg.format", "ssh")
        self.run_git("config", "user.signingKey", str(self.place / f"{name}.pub"))

    def trust(self, *lines):
        """Writes the allowed signers file."""
        file = self.berth.root / "etc/berth/allowed_signers"
        file.write_text("".join(line + "\n" for line in lines))

    def gpg(self, *arguments, **more):
        return subprocess.run(["gpg", "--batch", "--quiet", "--passphrase", "", *arguments],
                              env=self.environment, capture_output=True, check=True, **more).stdout

    def make_gpg_key(self, name, *options):
        home = self.place / "gnupg"
        home.mkdir(mode=0o700, exist_ok=True)
        self.addCleanup(self.end_gpg_agent)
        self.gpg(*options, "--quick-gen-key", f"{name} <{name}@example>", "ed25519", "sign", "1d")

    def end_gpg_agent(self):
        subprocess.run(["gpgconf", "--kill", "all"], env=self.environment, check=False)

    # Syncing.

    def sync(self, *options, code=0, seconds=60):
        done = self.berth.berth("sync", *options, seconds=seconds)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def refused(self, problem, *options):
        """A sync that fails for this reason, and leaves what was in force as it was."""
        before = self.in_force()
        said = self.sync(*options, code=1)
        self.assertIn(f"berth: sync: {problem}: ", said)
        self.assertEqual(before, self.in_force())
        status = self.status()
        self.assertEqual(("failed", problem),
                         (status["last"]["outcome"], status["last"]["problem"]))
        self.assertFalse((self.source / "work").exists())
        return said

    def status(self):
        return json.loads((self.source / "status.json").read_text())

    def in_force(self):
        """{path: text} of the checkout in force; None without one."""
        current = self.source / "current"
        if not current.exists():
            return None
        return {str(file.relative_to(current)): file.read_text()
                for file in sorted(current.rglob("*")) if file.is_file()}

    # Servers.

    def free_port(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            return listener.getsockname()[1]

    def serve(self):
        """A git daemon for self.place; the URL of the bare repository."""
        port = self.free_port()
        daemon = subprocess.Popen(
            ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--export-all",
             f"--base-path={self.place}", "--reuseaddr"], env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)

        def answers():
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", port)) == 0
        berth_instance.poll("git daemon answers", answers, 20)
        return f"git://127.0.0.1:{port}/bare.git"


def missing_programs():
    return [name for name in ("git", "gpg", "ssh-keygen") if not shutil.which(name)]
