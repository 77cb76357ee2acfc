"""Running a program where it can touch nothing of the machine's: namespaces of its own.

Whoever runs here is process 1 of a pid namespace, in a mount and a network namespace of its own,
with a private tmpfs for its files; all of it, and every process that was started in it, is gone
when that process ends, however it ends. Cgroups alone have no such owner: the name that `Scope`
gives for them is removed from every hierarchy afterwards.
"""

import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

INSIDE = "BERTH_PRIVATE_SCOPE"
LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


def cgroup_mounts():
    """(mount point, options) of every cgroup hierarchy; v2 has the option "v2"."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        before, after = line.split(" - ")
        kind, _, options = after.split(" ", 2)
        if kind == "cgroup2":
            yield before.split()[4], ["v2"]
        elif kind == "cgroup":
            yield before.split()[4], options.split(",")


def cgroups_named(name):
    """Every cgroup of this name, in any hierarchy, the deepest first."""
    found = []
    for mount, _ in cgroup_mounts():
        for folder, _, _ in os.walk(mount):
            if name in pathlib.PurePath(folder).relative_to(mount).parts:
                found.append(folder)
    return sorted(set(found), key=lambda folder: -folder.count("/"))


def remove_cgroups(name, seconds=5):
    """Removes what a program that was killed could not. Its processes die with their namespace."""
    deadline = time.monotonic() + seconds
    while left := cgroups_named(name):
        for folder in left:
            try:
                os.rmdir(folder)
            except OSError:
                pass
        if time.monotonic() > deadline:
            return left
        time.sleep(0.02)
    return []


def inside():
    return INSIDE in os.environ


def scope():
    """(a name for cgroups that nobody else has, an empty directory); inside alone."""
    name, directory = os.environ[INSIDE].split(":", 1)
    return name, pathlib.Path(directory)


def settle():
    """The first thing to be called inside: makes the namespaces look like a host's.

    Returns the id that this process has outside, by which nsenter finds these namespaces.
    """
    _, directory = scope()
    outside = int(os.readlink("/proc/self"))  # this is still the proc of the namespace outside
    subprocess.run(["mount", "-t", "proc", "proc", "/proc"], check=True)
    # As on a host, mounts propagate to whoever is a slave of this namespace.
    subprocess.run(["mount", "--make-rshared", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "berth", directory], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return outside


def _die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(argv, seconds=None, prefix="berth-test"):
    """Runs argv inside and returns its exit status; 124 when `seconds` were not enough."""
    name = f"{prefix}-{os.getpid()}"
    directory = tempfile.mkdtemp(prefix=f"{prefix}-")
    process = subprocess.Popen(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--", *argv],
        env=os.environ | {INSIDE: f"{name}:{directory}"}, preexec_fn=_die_with_parent)
    try:
        return _wait(process, seconds)
    finally:
        process.kill()
        process.wait()
        left = remove_cgroups(name)
        os.rmdir(directory)
        if left:
            print(f"these cgroups could not be removed: {left}", file=sys.stderr)


def _wait(process, seconds):
    """Hands SIGINT and SIGTERM on to the program inside, which ends in order; then waits on."""
    def hand_on(number, _frame):
        for child in _children(process.pid):
            os.kill(child, number)

    before = {number: signal.signal(number, hand_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        status = process.wait(timeout=seconds)
        return status if status >= 0 else 128 - status
    except subprocess.TimeoutExpired:
        return 124
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _children(pid):
    listed = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


def missing_programs():
    return [name for name in ("unshare", "mount", "ip", "nft", "nsenter")
            if not shutil.which(name)]
