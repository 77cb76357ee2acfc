"""The tour of examples/shop: each step says what it does, shows it, and checks what was seen.

Started by examples/run. Runs itself again inside private namespaces (tests/lib), where the shop's
files are at /srv/shop and berthd's at a root directory of its own.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests/lib"))
sys.dont_write_bytecode = True

import berth_instance  # noqa: E402
import private_namespaces  # noqa: E402
from berth_instance import Trouble, poll  # noqa: E402

SHOP = REPOSITORY / "examples/shop"
ORDER = ["db", "migrate", "app", "web", "client"]
SERVICES = [name for name in ORDER if name != "migrate"]
PAGE = "http://127.0.0.1:8080/"
SHOP_USER = 1000
SECONDS_MAX = 120
MIB = 1 << 20

# What becomes of containers that do not exist is worth a look at once: three mistakes in one file.
BROKEN = """template = "host"
comand = ["sleep", "infinity"]

[limits]
memory = 64
"""


class Tour:
    def __init__(self, outside):
        self.outside = outside
        self.began = time.monotonic()
        name, directory = private_namespaces.scope()
        prepare_files(directory, name)
        self.berth = berth_instance.Instance(directory, name)
        self.events = None

    # What the reader sees.

    def step(self, text):
        print(f"\n[{time.monotonic() - self.began:4.1f} s] {text}")

    def show(self, text):
        for line in text.rstrip("\n").splitlines():
            print(f"    {line}")

    def command(self, *words, status=0):
        """Runs a berth command and shows it with its output, as the reader would type it."""
        result = self.berth.berth(*words)
        self.show(f"$ berth {' '.join(words)}")
        self.show(result.stdout + result.stderr)
        if result.returncode != status:
            raise Trouble(f"berth {' '.join(words)} ended with {result.returncode}")
        return result.stdout

    # The steps.

    def start(self):
        self.step("berthd starts on a directory of definitions")
        for path in sorted(self.berth.containers.iterdir()):
            about = path.read_text().splitlines()[0].removeprefix("# ")
            self.show(f"{path.name:14} {about}")
        self.berth.start()
        self.events = subprocess.Popen(
            [self.berth.binaries / "berth", "--root", self.berth.root, "events", "-o", "json"],
            stdout=open(self.berth.root / "events", "wb"), stderr=subprocess.DEVNULL)

    def come_up(self):
        self.step("they come up, each one when what it needs is healthy or completed")
        shown = None
        deadline = time.monotonic() + 30
        while True:
            rows = self.berth.ps()
            phases = {name: rows[name]["phase"] for name in ORDER if name in rows}
            if phases != shown:
                shown = phases
                self.show("  ".join(f"{name} {phase}" for name, phase in phases.items()))
            if all(phases.get(name) == "ready" for name in SERVICES):
                break
            if time.monotonic() > deadline:
                raise Trouble(f"the shop is not up after 30 s: {phases}")
            time.sleep(0.05)
        self.command("ps")
        launches = [rows[name]["launch"] for name in ORDER]
        if launches != sorted(launches):
            raise Trouble(f"they were not started in the order {ORDER}: {launches}")
        if not rows["migrate"]["completed"]:
            raise Trouble(f"migrate has not completed: {rows['migrate']}")

    def visit(self):
        self.step("the page, through the published port")
        self.show(f"$ curl {PAGE}")
        page = subprocess.run(["curl", "--silent", "--show-error", "--fail", "--max-time", "5",
                               PAGE], capture_output=True, text=True, check=False)
        self.show(page.stdout + page.stderr)
        if page.returncode != 0 or "lantern: 49 EUR" not in page.stdout:
            raise Trouble("that is not the shop's page")

    def kill(self):
        before = self.berth.row("app")
        self.step(f"the application is killed (kill -9 {before['pid']}), and comes back")
        os.kill(before["pid"], signal.SIGKILL)
        after = self.berth.until("app", "it is ready again", lambda row: row["phase"] == "ready"
                                 and row["pid"] != before["pid"])
        self.command("ps")
        if after["restarts"] != before["restarts"] + 1:
            raise Trouble(f"one restart was expected: {after}")
        if after["addresses"] != before["addresses"]:
            raise Trouble(f"its address was {before['addresses']}, and is {after['addresses']}")
        poll("the page is there again", page_is_there, 10)
        self.show(f"restarted once, address kept ({after['addresses'][0]}), page served")

    def raise_limit(self):
        self.step("its memory limit is raised by editing app.toml, without a restart")
        pid = self.berth.pid("app")
        before = berth_instance.limit(pid, "memory")
        text = (self.berth.containers / "app.toml").read_text()
        self.berth.write("app.toml", text.replace('memory = "64M"', 'memory = "96M"'))
        poll("the kernel has the new limit",
             lambda: berth_instance.limit(pid, "memory") == 96 * MIB, 10)
        self.show(f"pid {pid}: {before} bytes before, {berth_instance.limit(pid, 'memory')} now "
                  f"(read from {berth_instance.cgroup_directory(pid, 'memory')[0]})")
        if before != 64 * MIB or self.berth.pid("app") != pid:
            raise Trouble("the limit was not changed on the running process")

    def drop_in_a_broken_file(self):
        self.step("a broken file, cart.toml, is dropped in")
        self.show(BROKEN)
        before = self.pids()
        self.berth.write("cart.toml", BROKEN)
        poll("the mistakes are told", lambda: len(self.berth.problems()) >= 2, 10)
        told = self.command("status")
        for place in (r"cart\.toml:2:1: error: comand: ",
                      r"cart\.toml:5:\d+: error: limits\.memory"):
            if not re.search(place, told):
                raise Trouble(f"berth status does not say {place}")
        if self.pids() != before:
            raise Trouble(f"others were disturbed: {before}, then {self.pids()}")
        self.show(f"nothing else was disturbed: {before}")
        self.berth.remove("cart.toml")
        poll("the mistakes are forgotten", lambda: not self.berth.problems(), 10)

    def read_logs(self):
        self.step("what the client saw all the while")
        poll("the client has been to the shop again",
             lambda: any("visitor" in line for line in self.berth.logged("client")[-1:]), 10)
        self.command("logs", "-n", "5", "client")

    def shut_down(self):
        self.step("berthd is told to end (SIGTERM): it stops them in reverse order")
        self.berth.stop()
        self.events.wait(timeout=10)
        stopped = stop_order((self.berth.root / "events").read_text())
        self.show(" -> ".join(stopped))
        if stopped != SERVICES[::-1]:
            raise Trouble(f"expected {SERVICES[::-1]}")

    def look_for_leftovers(self):
        self.step("what is left: processes, cgroups, mounts, links, nftables tables")
        if left := self.berth.leftovers():
            raise Trouble("\n".join(left))
        self.show("nothing")

    def stay_up(self):
        """For --keep: until SIGINT or SIGTERM."""
        ends = [signal.SIGINT, signal.SIGTERM]
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)
        inside = f"nsenter --target {self.outside} --mount --net --pid"
        berth = f"{self.berth.binaries}/berth --root {self.berth.root}"
        self.step("the shop stays up until Ctrl-C. To look around, in another terminal, as root:")
        self.show(f"{inside} {berth} ps\n{inside} curl {PAGE}\n"
                  f"{inside} {berth} logs -f client\n"
                  f"{inside} bash     # definitions: {self.berth.containers}")
        signal.sigwait(ends)

    # Helpers.

    def pids(self):
        return {name: row["pid"] for name, row in self.berth.ps().items() if row["pid"]}

    def run(self, keep):
        self.start()
        self.come_up()
        self.visit()
        if keep:
            self.stay_up()
        else:
            self.kill()
            self.raise_limit()
            self.drop_in_a_broken_file()
            self.read_logs()
        self.shut_down()
        self.look_for_leftovers()
        self.step("that was the tour")


def prepare_files(directory, cgroup):
    """The shop's definitions below berthd's root, and its programs at /srv/shop."""
    shutil.copytree(SHOP / "etc", directory / "etc")
    settings = directory / "etc/berth/berthd.toml"
    # Cgroups alone are not private here: a name that nobody else has.
    settings.write_text(re.sub(r'(?m)^(cgroup\s*=).*', rf'\1 "{cgroup}"', settings.read_text()))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "shop", "/srv"], check=True)
    shutil.copytree(SHOP / "srv", "/srv/shop")
    os.mkdir("/srv/shop/data")
    os.chown("/srv/shop/data", SHOP_USER, SHOP_USER)
    for path in [pathlib.Path("/srv/shop"), *pathlib.Path("/srv/shop").rglob("*")]:
        if path.name != "data":
            path.chmod(0o755 if path.is_dir() else 0o644)
    for path in (directory / "etc").rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def page_is_there():
    try:
        with urllib.request.urlopen(PAGE, timeout=2) as answer:
            return "lantern" in answer.read().decode()
    except (urllib.error.URLError, OSError):
        return False


def stop_order(events):
    """The containers in the order in which they were told to stop, from `berth events -o json`."""
    stopping = []
    for line in events.splitlines():
        event = json.loads(line)
        if event["kind"] == "phase" and event["phase"] == "stopping":
            stopping.append(event["container"])
    return stopping


def main():
    if not private_namespaces.inside():
        keep = "--keep" in sys.argv
        sys.exit(private_namespaces.run([sys.executable, "-u", *sys.argv],
                                        None if keep else SECONDS_MAX, prefix="berth-shop"))
    keep = "--keep" in sys.argv
    tour = Tour(private_namespaces.settle())
    try:
        tour.run(keep)
    except (Trouble, subprocess.TimeoutExpired) as trouble:
        print(f"\nFAILED: {trouble}\n\nwhat berthd said:\n{tour.berth.said()}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
