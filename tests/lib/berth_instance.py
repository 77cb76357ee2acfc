"""One running berthd below a root directory of its own, and what can be seen and done with it.

Used by the tests of tests/real and by examples/tour.py, inside private namespaces alone (see
private_namespaces.py): every process but ours counts as berth's.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import private_namespaces

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


class Trouble(AssertionError):
    """Something was not as it has to be; says what was seen."""


def binaries():
    """The directory of berthd and berth; absolute, as programs may start in any directory."""
    return pathlib.Path(os.environ.get("BERTH_BIN", REPOSITORY / "build/bin")).resolve()


def poll(what, check, seconds):
    """The first true answer of check(), asked until then; Trouble when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := check():
            return answer
        if time.monotonic() > deadline:
            raise Trouble(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Instance:
    """`settings` become berthd.toml; without them the one that is there counts."""

    def __init__(self, root, cgroup, settings=None):
        self.root = pathlib.Path(root)
        self.cgroup = cgroup
        self.binaries = binaries()
        self.containers = self.root / "etc/berth/containers"
        self.containers.mkdir(parents=True, exist_ok=True)
        self.errors = self.root / "berthd.stderr"
        self.daemon = None
        self.before = None
        if settings is not None:
            settings = {"cgroup": cgroup, "log_level": "debug"} | settings
            text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
            (self.root / "etc/berth/berthd.toml").write_text(text)

    # Definitions. Written beside and renamed over, as editors and package managers do.

    def write(self, name, text):
        """name as in "web.toml", or "../networks/lan.toml"."""
        path = (self.containers / name).resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.parent / f".{path.name}.new"
        beside.write_text(text)
        beside.rename(path)
        return path

    def remove(self, name):
        (self.containers / name).unlink()

    # The daemon.

    def start(self, seconds=20):
        self.before = self.leftovers_now()
        with open(self.errors, "ab") as errors:
            self.daemon = subprocess.Popen(
                [self.binaries / "berthd", "--root", self.root], stdin=subprocess.DEVNULL,
                stdout=errors, stderr=errors, start_new_session=True)
        poll("berthd answers on its socket", self._answers, seconds)

    def _answers(self):
        if self.daemon.poll() is not None:
            raise Trouble(f"berthd ended with status {self.daemon.returncode}:\n{self.said()}")
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.root / "run/berth/berthd.sock"))
                return True
            except OSError:
                return False

    def stop(self, number=signal.SIGTERM, seconds=40):
        """Asks berthd to end; it has to stop everything in order and end well."""
        self.daemon.send_signal(number)
        try:
            status = self.daemon.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Trouble(f"berthd still runs {seconds} s after signal {number}") from None
        if status != 0:
            raise Trouble(f"berthd ended with status {status}")

    def said(self, lines=60):
        text = self.errors.read_text(errors="replace") if self.errors.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    # The command line.

    def berth(self, *arguments, seconds=30):
        """Runs `berth ARGUMENTS`; its result has returncode, stdout and stderr."""
        return subprocess.run([self.binaries / "berth", "--root", self.root, *arguments],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds, check=False)

    def json(self, *arguments):
        """What `berth ARGUMENTS -o json` prints, which has to end well."""
        result = self.berth(*arguments, "-o", "json")
        if result.returncode != 0:
            raise Trouble(f"berth {' '.join(arguments)}: status {result.returncode}: "
                          f"{result.stderr}{result.stdout}")
        return json.loads(result.stdout)

    def ps(self):
        return {row["name"]: row for row in self.json("ps")}

    def row(self, name):
        return self.ps().get(name)

    def pid(self, name):
        row = self.row(name)
        if not row or not row["pid"]:
            raise Trouble(f"{name} has no process: {row}")
        return row["pid"]

    def problems(self):
        """The diagnostics of the definitions, as lines."""
        return [problem["text"] for problem in self.json("status")["problems"]]

    def wait(self, name, phase, seconds=20):
        result = self.berth("wait", name, "--phase", phase, "--timeout", f"{seconds}s",
                            seconds=seconds + 10)
        if result.returncode != 0:
            raise Trouble(f"{name} did not become {phase}: {result.stderr.strip()}\n"
                          f"{self.berth('status', name).stdout}")
        return self.row(name)

    def until(self, name, what, check, seconds=20):
        """The container's row of `berth ps` as soon as check(row) is true."""
        last = [None]

        def look():
            last[0] = self.row(name)
            return last[0] if last[0] is not None and check(last[0]) else None

        try:
            return poll(what, look, seconds)
        except Trouble as trouble:
            raise Trouble(f"{name}: {trouble}; last seen: {last[0]}") from None

    def until_gone(self, name, seconds=20):
        poll(f"{name} is no longer listed", lambda: name not in self.ps(), seconds)

    def logged(self, name):
        """The payload's lines of its log file, without time and stream."""
        path = self.root / f"var/log/berth/{name}/{name}.log"
        if not path.exists():
            return []
        # Only a newline ends a record: an init's lines have carriage returns in them.
        records = path.read_bytes().decode(errors="replace").split("\n")
        return [record.split(" ", 3)[3] for record in records if record]

    # What is there.

    def leftovers_now(self):
        """Everything that berth could leave behind, by kind."""
        return {
            "process": set(_live_processes()),
            "cgroup": set(private_namespaces.cgroups_named(self.cgroup)),
            "mount": set(_mount_points()),
            "link": set(_links()),
            "nft table": set(_tables()),
        }

    def leftovers(self):
        """What is there now and was not before the start, as sentences."""
        now = self.leftovers_now()
        return [f"{kind} {thing}" for kind in now
                for thing in sorted(now[kind] - self.before[kind], key=str)]


def _links():
    listed = subprocess.run(["ip", "-json", "link"], capture_output=True, check=True).stdout
    return [link["ifname"] for link in json.loads(listed)]


def _tables():
    listed = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def _mount_points():
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    return [line.split()[4] for line in lines]


def _live_processes():
    """"pid name" of every process here but this one. Zombies that fell to us are reaped."""
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)
            state, parent = fields[1].split()[:2]
            if state == "Z" and int(parent) == os.getpid():
                os.waitpid(int(entry.name), os.WNOHANG)
            elif state not in "ZX":
                yield f"{entry.name} {fields[0].split('(', 1)[1]}"
        except (FileNotFoundError, ProcessLookupError, ChildProcessError):
            continue


# Of one process.

def cgroup_directory(pid, controller):
    """Where the controller's files of the process's cgroup are, on v1 and on v2."""
    paths = {}
    for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for name in controllers.split(",") if controllers else ["v2"]:
            paths[name] = path
    mounts = {option: mount for mount, options in private_namespaces.cgroup_mounts()
              for option in options}
    kind = controller if controller in paths else "v2"
    return pathlib.Path(mounts[kind] + paths[kind]), kind == "v2"


def limit(pid, name):
    """The limit that the kernel holds a process's cgroup to: memory or pids; None: none."""
    directory, v2 = cgroup_directory(pid, name)
    file = {"memory": "memory.max" if v2 else "memory.limit_in_bytes", "pids": "pids.max"}[name]
    text = (directory / file).read_text().strip()
    return None if text == "max" or int(text) > 1 << 60 else int(text)


def cpu_seconds(pid):
    """The processor time that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def namespace(pid, kind):
    return os.readlink(f"/proc/{pid}/ns/{kind}")
