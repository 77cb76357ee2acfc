#!/usr/bin/env python3
"""What a container may touch: its root file system, devices, kernel settings, system calls; and the
cgroup files that stand behind its limits, set, changed live and taken away."""

import json
import pathlib

import berth_testing
from berth_testing import berth_instance

MIB = 1 << 20


def script(lines):
    """A command that runs shell lines, which must not hold quotes of the other kind."""
    return json.dumps(["sh", "-c", f"trap 'exit 0' TERM; {lines}; sleep infinity & wait"])


class Confinement(berth_testing.BerthTest):
    def said(self, name, count, seconds=20):
        self.berth.wait(name, "ready")
        return berth_instance.poll(
            f"{count} lines of {name}",
            lambda: self.berth.logged(name) if len(self.berth.logged(name)) >= count else None,
            seconds)

    def refused(self, name, *words):
        self.berth.until(name, f"it is refused with {words}", lambda row: all(
            word in (row["error"] or "") for word in words))

    def file(self, pid, controller, name):
        directory, _ = berth_instance.cgroup_directory(pid, controller)
        return (directory / name).read_text().strip()

    def test_entrypoint_comes_before_command(self):
        self.berth.write("web.toml", 'template = "host"\nentrypoint = ["echo", "a"]\n'
                                     'command = ["b"]\ntype = "oneshot"\n')
        self.berth.until("web", "it ended", lambda row: row["phase"] == "stopped")
        self.assertEqual(["a b"], self.berth.logged("web"))

    def test_a_read_only_root_is_read_only_and_mounts_are_as_they_say(self):
        lines = "; ".join(f"touch {path}/x 2>/dev/null && echo {path} written || echo {path} not"
                          for path in ("/", "/usr", "/etc", "/run", "/tmp", "/shared", "/data",
                                       "/dev"))
        mounts = self.shares[:-1] + ', { type = "tmpfs", target = "/data" }]'
        self.service("web", command=script(lines), first=f"read_only = true\n{mounts}")
        self.assertEqual(["/ not", "/usr not", "/etc not", "/run not", "/tmp not",
                          "/shared written", "/data written", "/dev written"],
                         self.said("web", 8))

    def test_devices_are_there_with_their_permissions_and_no_others_open(self):
        lines = ("stat -c %t:%T /dev/one; head -c 3 /dev/one | wc -c; "
                 "echo 2>/dev/null > /dev/one && echo written || echo not; "
                 "mknod /dev/kmem c 1 11 2>/dev/null && echo made || echo not; "
                 "mknod /dev/disk b 254 0 2>/dev/null && head -c 1 /dev/disk | wc -c || echo not; "
                 "echo x > /dev/null && echo null")
        self.service("web", command=script(lines), first='devices = ["/dev/zero:/dev/one:r"]',
                     more='[security]\ncap_add = ["mknod"]')
        # The same device is a standard one under its own name, which may be written.
        self.assertEqual(["1:5", "3", "written", "not", "not", "null"], self.said("web", 6))
        if pathlib.Path("/dev/fuse").exists():
            self.service("fuse", command=script("exec 3</dev/sub/fuse && echo open"),
                         first='devices = ["/dev/fuse:/dev/sub/fuse:r"]')
            self.assertEqual(["open"], self.said("fuse", 1))
        self.service("other", command=script("sleep 0"), first='devices = ["/dev/no-such"]')
        self.refused("other", "other.toml:4:", "devices[0]", "/dev/no-such",
                     "No such file or directory")

    def test_sysctls_are_the_containers_own(self):
        before = pathlib.Path("/proc/sys/net/core/somaxconn").read_text()
        show = "cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shmmax /proc/sys/fs/mqueue/msg_max"
        self.service("web", command=script(show),
                     first='sysctls = { "net.core.somaxconn" = 1234, "kernel.shmmax" = "1048576", '
                           '"fs.mqueue.msg_max" = 20 }')
        self.assertEqual(["1234", "1048576", "20"], self.said("web", 3))
        self.assertEqual(before, pathlib.Path("/proc/sys/net/core/somaxconn").read_text())
        # One that is gone is the kernel's default again: the sandbox is made anew.
        self.service("web", command=script("cat /proc/sys/net/core/somaxconn"))
        berth_instance.poll("the default is back", lambda: self.berth.logged("web")[-1]
                            not in ("20", "1234"), 20)

    def test_sysctls_that_cannot_be_are_told_at_their_place(self):
        self.service("web", first='sysctls = { "net.core.no_such" = 1 }')
        self.refused("web", "web.toml:4:", 'sysctls."net.core.no_such"',
                     "No such file or directory")
        self.service("web", first='sysctls = { "net.core.somaxconn" = "many" }')
        self.refused("web", "web.toml:4:", "Invalid argument")

    def test_masked_paths_replace_the_usual_ones(self):
        show = "wc -c < /proc/cpuinfo; grep -q . /proc/interrupts && echo seen || echo hidden"
        self.service("web", command=script(show),
                     more='[security]\nmasked_paths = ["/proc/cpuinfo"]')
        self.assertEqual(["0", "seen"], self.said("web", 2))
        self.service("none", command=script(show), more="[security]\nmasked_paths = []")
        self.assertNotEqual("0", self.said("none", 2)[0])
        self.service("usual", command=script(show))
        self.assertEqual("hidden", self.said("usual", 2)[1])

    def profile(self, rules, **more):
        path = self.berth.root / "profile.json"
        path.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules} | more))
        path.chmod(0o644)
        return f'[security]\nseccomp = "{path}"'

    def test_a_seccomp_profile_of_a_file_holds(self):
        more = self.profile([{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO",
                              "errnoRet": 28}])
        self.service("web", command=script("mkdir /tmp/x 2>&1 | grep -o No.space.*"), more=more)
        self.assertEqual(["No space left on device"], self.said("web", 1))
        pid = self.berth.pid("web")
        self.assertIn("Seccomp:\t2", pathlib.Path(f"/proc/{pid}/status").read_text())

    def test_a_wrong_seccomp_profile_is_told_with_file_and_place(self):
        more = self.profile([{"names": ["mkdir"], "action": "DENY"}])
        self.service("web", more=more)
        self.refused("web", "web.toml:", "security.seccomp", "profile.json", "syscalls[0]",
                     '"DENY"')
        (self.berth.root / "profile.json").chmod(0o666)
        self.service("other", more=more)
        self.refused("other", "it can be written by others than root")

    def test_swap_is_limited_live_and_no_more(self):
        self.service("web", more='[limits]\nmemory = "64M"\nmemory_swap = "32M"')
        pid = self.berth.wait("web", "ready")["pid"]
        _, v2 = berth_instance.cgroup_directory(pid, "memory")
        name = "memory.swap.max" if v2 else "memory.memsw.limit_in_bytes"

        def swap():
            text = self.file(pid, "memory", name)
            if text == "max" or int(text) > 1 << 60:
                return None
            return int(text) - (0 if v2 else berth_instance.limit(pid, "memory"))

        self.assertEqual(32 * MIB, swap())
        for memory, size in ((256, 64), (32, 16), (48, 0)):  # up, down, and both ways at once
            self.service("web", more=f'[limits]\nmemory = "{memory}M"\nmemory_swap = "{size}M"')
            berth_instance.poll(f"{memory}M and {size}M", lambda: (
                berth_instance.limit(pid, "memory"), swap()) == (memory * MIB, size * MIB), 10)
        self.service("web", more='[limits]\nmemory = "48M"')
        berth_instance.poll("swap is as before", lambda: swap() is None, 10)
        self.assertEqual(pid, self.berth.pid("web"))

    def test_io_limits_are_set_changed_and_taken_away(self):
        disk = self.disk()
        number = pathlib.Path(f"/sys/block/{disk}/dev").read_text().strip()
        self.service("web", more=f'[limits]\nio_weight = 500\n'
                                 f'io = [{{ device = "/dev/{disk}", read_bps = "8M", '
                                 f'write_iops = 300 }}]')
        pid = self.berth.wait("web", "ready")["pid"]
        throttle = lambda: self.rates(pid, number)  # noqa: E731
        self.assertEqual({"rbps": "8388608", "wiops": "300"}, throttle())
        weight = lambda: self.weight(pid)  # noqa: E731
        self.assertNotEqual("100", weight())
        self.service("web", more=f'[limits]\nio = [{{ device = "/dev/{disk}", '
                                 f'write_bps = "4M" }}]')
        berth_instance.poll("other limits", lambda: throttle() == {"wbps": "4194304"}, 10)
        self.assertEqual("100", weight())
        self.service("web")
        berth_instance.poll("none", lambda: throttle() == {}, 10)
        self.assertEqual(pid, self.berth.pid("web"))

    def test_io_limits_of_what_is_no_disk_are_told(self):
        self.service("web", more='[limits]\nio = [{ device = "/dev/null", read_bps = "8M" }]')
        self.refused("web", "web.toml:", "limits.io[0].device", "Block device required")
        self.service("web", more='[limits]\nio = [{ device = "/dev/no-such", read_bps = "8M" }]')
        self.refused("web", "web.toml:", "No such file or directory")

    def disk(self):
        for entry in sorted(pathlib.Path("/sys/block").iterdir()):
            if entry.name.startswith(("vd", "sd", "nvme", "loop")) and \
                    pathlib.Path(f"/dev/{entry.name}").exists():
                return entry.name
        self.skipTest("this host has no block device")

    def rates(self, pid, number):
        _, v2 = berth_instance.cgroup_directory(pid, "blkio")
        names = {"rbps": "read_bps", "wbps": "write_bps", "riops": "read_iops",
                 "wiops": "write_iops"}
        if v2:
            for line in self.file(pid, "blkio", "io.max").splitlines():
                if line.split()[0] == number:
                    return {key: value for key, value in
                            (word.split("=") for word in line.split()[1:]) if value != "max"}
            return {}
        found = {}
        for word, name in names.items():
            for line in self.file(pid, "blkio", f"blkio.throttle.{name}_device").splitlines():
                if line.split()[0] == number:
                    found[word] = line.split()[1]
        return found

    def weight(self, pid):
        _, v2 = berth_instance.cgroup_directory(pid, "blkio")
        name = "io.weight" if v2 else "blkio.bfq.weight"
        return self.file(pid, "blkio", name).removeprefix("default ")

    def test_raw_files_are_written_and_go_back_to_what_they_were(self):
        self.service("web")
        pid = self.berth.wait("web", "ready")["pid"]
        _, v2 = berth_instance.cgroup_directory(pid, "memory")
        files = {"memory.oom.group": "1"} if v2 else {"memory.swappiness": "17",
                                                      "memory.oom_control": "1"}
        before = {name: self.file(pid, "memory", name) for name in files}
        table = "\n".join(f'"{name}" = {value}' for name, value in files.items())
        self.service("web", more=f"[limits.cgroup]\n{table}")
        for name, value in files.items():
            berth_instance.poll(f"{name} is written", lambda: value in self.file(
                pid, "memory", name).splitlines()[0].split(), 10)
        self.service("web")
        for name in files:
            berth_instance.poll(f"{name} is back", lambda: self.file(
                pid, "memory", name) == before[name], 10)
        self.assertEqual(pid, self.berth.pid("web"))

    def test_a_raw_file_that_is_none_or_takes_no_such_value_is_told(self):
        self.service("web", more='[limits.cgroup]\n"memory.no_such" = 1')
        self.refused("web", "web.toml:6:", 'limits.cgroup."memory.no_such"',
                     "No such file or directory")
        self.service("web", more='[limits.cgroup]\n"cpu.uclamp.min" = "much"\n')
        self.refused("web", "web.toml:6:", 'limits.cgroup."cpu.uclamp.min"')
        self.service("web", more='[limits.cgroup]\n"net_cls.nothing" = 1')
        self.refused("web", "web.toml:6:", "controller")


if __name__ == "__main__":
    berth_testing.main()
