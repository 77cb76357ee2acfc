#!/usr/bin/env python3
"""Containers of type "system": inits that boot, end, reboot and power off, and what they may not.

The inits are real: the host's systemd, from its /usr by template = "host", and busybox. Where only
what berth gives to an init counts, a shell is one.
"""

import os
import pathlib
import shutil
import time
import unittest

import berth_testing
from berth_testing import berth_instance, private_namespaces

HAS_SYSTEMD = pathlib.Path("/usr/lib/systemd/systemd").exists()
BUSYBOX = shutil.which("busybox") or "/bin/busybox"

# An idle first process that ends with status 0 when it is told to power off.
SHELL_STOP = 'stop_signal = "SIGTERM"\nstop_timeout = "3s"\n'


class SystemTest(berth_testing.BerthTest):
    def shell(self, script, more=""):
        """A shell as init, that runs `script` and idles; what it is given to see is what counts."""
        (self.shared / "init.sh").write_text(
            f"{script}\ntrap 'exit 0' TERM\nsleep infinity & wait\n")
        self.berth.write("m.toml", 'template = "host"\ntype = "system"\n'
                                   'command = ["/bin/sh", "/shared/init.sh"]\n'
                                   f"{SHELL_STOP}{self.shares}\n{more}")

    def until_logged(self, text, seconds=60):
        return berth_instance.poll(
            f"{text!r} in the log: {self.berth.logged('m')[-20:]}",
            lambda: next((line for line in self.berth.logged("m") if text in line), None), seconds)

    def facts(self, *scripts):
        """What each script, run inside as the init, prints on one line."""
        lines = [f'echo "$({script})" >>/shared/facts 2>&1' for script in scripts]
        self.shell("\n".join([*lines, "echo end >>/shared/facts"]))
        answers = self.until_lines("facts", len(scripts) + 1)
        self.assertEqual("end", answers[-1])
        return answers[:-1]


class Init(SystemTest):
    def test_it_is_process_1_on_a_console_and_knows_what_it_is_in(self):
        number, tty, streams, environment, manager = self.facts(
            "echo $$", "tty", "test -t 0 && test -t 2 && echo terminals",
            "echo $container $TERM $PATH", "cat /run/host/container-manager")
        self.assertEqual(("1", "/dev/console", "terminals", "berth"),
                         (number, tty, streams, manager))
        self.assertEqual("berth dumb /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                         environment)

    def test_what_it_writes_on_its_console_is_in_the_log(self):
        self.shell("echo to stdout; echo to stderr >&2; echo to the device >/dev/console\n"
                   "exec >&- 2>&- </dev/null; sleep 0.1; echo again >/dev/console")
        self.until_logged("again")
        self.assertEqual(["to stdout", "to stderr", "to the device", "again"],
                         self.berth.logged("m"))
        self.assertEqual("ready", self.berth.row("m")["phase"])

    def test_it_is_ready_once_it_runs_when_nothing_is_configured(self):
        self.shell("")
        self.assertEqual("none", self.berth.wait("m", "ready")["health"])

    def test_an_exec_health_check_runs_beside_it(self):
        self.shell("until mkdir /sys/fs/cgroup/unified/deep 2>/dev/null ||\n"
                   "  mkdir /sys/fs/cgroup/deep; do sleep 0.1; done",
                   more='[healthcheck]\nexec = ["test", "-e", "/shared/fit"]\ninterval = "100ms"\n')
        self.berth.until("m", "it is asked", lambda row: row["phase"] == "starting")
        (self.shared / "fit").touch()
        self.assertEqual("healthy", self.berth.wait("m", "ready")["health"])

    def test_run_and_tmp_are_in_memory_unless_the_definition_mounts_something_there(self):
        kinds = self.facts("stat -f -c %T /run", "stat -f -c %T /run/lock", "stat -f -c %T /tmp")
        self.assertEqual(["tmpfs"] * 3, kinds)
        (self.shared / "facts").unlink()
        (self.shared / "run").mkdir()
        (self.shared / "run/marker").touch()
        text = (self.berth.containers / "m.toml").read_text()
        self.berth.write("m.toml", text.replace(
            "mounts = [", f'mounts = [{{ source = "{self.shared}/run", target = "/run" }}, '))
        self.until_lines("facts", 4)
        self.berth.wait("m", "ready")
        self.assertTrue(pathlib.Path(f"/proc/{self.berth.pid('m')}/root/run/marker").exists())


class Confined(SystemTest):
    def test_cgroups_are_its_own_to_use_and_its_limits_are_not(self):
        self.shell("""
          cgroup=/sys/fs/cgroup; test -d $cgroup/unified && cgroup=$cgroup/unified
          say() { echo "$1 $( ($2) >/dev/null 2>&1; echo $?)" >>/shared/facts; }
          say own "mkdir $cgroup/inner"
          echo 0 >$cgroup/inner/cgroup.procs && say joined true
          for controller in memory cpu pids devices; do
            test -d /sys/fs/cgroup/$controller || continue
            say $controller "mkdir /sys/fs/cgroup/$controller/inner"
            say $controller "mount -o remount,rw /sys/fs/cgroup/$controller"
          done
          say limit "sh -c 'echo max >$cgroup/memory.max || echo -1 >/sys/fs/cgroup/memory/memory.limit_in_bytes'"
          say up "test -e $cgroup/../../c-m"
          say agent "find /sys/fs/cgroup -name release_agent | grep ."
          say namespace "unshare -UrmC true"
          echo end >>/shared/facts""", more='[limits]\nmemory = "64M"\npids = 50\n')
        berth_instance.poll("everything was tried", lambda: "end" in self.lines("facts"), 20)
        found = self.lines("facts")
        self.assertEqual(["own 0", "joined 0"], found[:2])
        for line in found[2:-1]:
            self.assertNotRegex(line, r" 0$")
        pid = self.berth.pid("m")
        self.assertEqual(64 << 20, berth_instance.limit(pid, "memory"))
        self.assertEqual(50, berth_instance.limit(pid, "pids"))

    def test_whatever_cgroups_it_made_are_removed_with_it(self):
        self.shell("""
          deep() { cd $1 || return; i=0
            while [ $i -lt 200 ] && mkdir d && cd d; do i=$((i+1)); done; echo $i >>/shared/facts; }
          deep /sys/fs/cgroup/systemd 2>/dev/null
          unified=/sys/fs/cgroup/unified; test -d $unified || unified=/sys/fs/cgroup
          deep $unified 2>/dev/null
          cd $unified; for n in 1 2 3 4 5; do mkdir -p w$n/x w$n/y; done
          sleep 1000 & echo $! >w3/y/cgroup.procs
          echo end >>/shared/facts; cd /""")
        berth_instance.poll("they are made", lambda: "end" in self.lines("facts"), 20)
        depths = [int(line) for line in self.lines("facts")[:-1]]
        self.assertLess(depths[-1], 40)
        if len(depths) == 2:
            self.assertEqual(200, depths[0])
        self.assertGreater(len(private_namespaces.cgroups_named("c-m")), 40)
        self.berth.berth("stop", "m")
        berth_instance.poll("all are gone", lambda: not private_namespaces.cgroups_named("c-m"), 20)


@unittest.skipUnless(pathlib.Path(BUSYBOX).exists(), "busybox is not installed")
class Busybox(SystemTest):
    def boot(self, inittab, more=""):
        root = self.shared / "root"
        for name in ("bin", "etc", "sbin", "proc", "sys", "dev", "shared"):
            (root / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(BUSYBOX, root / "bin/busybox")
        for name in ("sh", "echo", "sleep", "touch", "reboot", "poweroff", "test", "cat"):
            os.symlink("busybox", root / "bin" / name)
        os.symlink("../bin/busybox", root / "sbin/init")
        (root / "etc/inittab").write_text(inittab)
        self.berth.write("m.toml", f'rootfs = "{root}"\ntype = "system"\n{self.shares}\n{more}')

    def test_it_boots_and_powers_off_by_its_own_signal(self):
        self.boot("::sysinit:/bin/echo the machine boots\n::respawn:/bin/sleep 1000\n"
                  "::shutdown:/bin/echo the machine goes down\n",
                  'stop_signal = "SIGUSR2"\nstop_timeout = "20s"\n')
        self.until_logged("the machine boots", 20)
        begun = time.monotonic()
        self.berth.berth("stop", "m")
        self.assertLess(time.monotonic() - begun, 15)
        self.until_logged("the machine goes down", 5)
        row = self.berth.row("m")
        self.assertEqual("stopped", row["phase"])

    def test_a_reboot_inside_starts_it_again_whatever_its_policy(self):
        self.boot("::sysinit:/bin/sh -c 'echo boot >>/shared/boots'\n"
                  "::once:/bin/sh -c 'test -e /shared/second || "
                  "{ touch /shared/second; reboot; }'\n", 'restart = "no"\nstop_signal = "USR2"\n')
        self.until_lines("boots", 2, 20)
        row = self.berth.wait("m", "ready")
        self.assertEqual((1, ""), (row["restarts"], row["error"]))

    def test_a_power_off_inside_is_a_clean_end(self):
        self.boot("::once:/bin/sh -c 'echo up >>/shared/boots; poweroff'\n")
        row = self.berth.wait("m", "stopped")
        self.assertEqual((0, ""), (row["restarts"], row["error"]))
        self.assertEqual(["up"], self.lines("boots"))


@unittest.skipUnless(HAS_SYSTEMD, "systemd is not installed")
class Systemd(SystemTest):
    def boot(self, script, more="[healthcheck]\nnotify = true\ninterval = \"1s\"\nretries = 60\n"):
        """The host's systemd; `script` is a service of multi-user.target's."""
        units = self.shared / "units"
        (units / "multi-user.target.wants").mkdir(parents=True)
        os.symlink("/usr/lib/systemd/system/multi-user.target", units / "default.target")
        (units / "hello.service").write_text(
            "[Unit]\nDescription=Hello of the test\n"
            "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
            "ExecStart=/bin/sh /shared/hello.sh\nStandardOutput=file:/shared/hello.out\n")
        (self.shared / "hello.sh").write_text(script)
        os.symlink("../hello.service", units / "multi-user.target.wants/hello.service")
        # With an id of its own the machine boots not for the first time: nothing is enabled by
        # presets, which would start whatever the host has installed.
        (self.shared / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
        mounts = [("machine-id", "/etc/machine-id"), ("units", "/etc/systemd/system"),
                  (".", "/shared")]
        listed = ",\n  ".join(f'{{ source = "{self.shared / source}", target = "{target}" }}'
                              for source, target in mounts)
        self.berth.write("m.toml", f'template = "host"\ntype = "system"\nstop_timeout = "60s"\n'
                                   f"mounts = [{listed}]\n{more}")

    def test_it_boots_is_ready_when_it_says_so_and_ends_in_order(self):
        self.boot("echo hello\n"
                  "cat /proc/1/comm /proc/self/cgroup\n")
        self.berth.wait("m", "ready", 90)
        self.until_logged("Reached target")
        self.until_logged("Finished hello.service")
        log = "\n".join(self.berth.logged("m"))
        self.assertIn("Welcome to", log)
        self.assertEqual(["hello", "systemd"], self.lines("hello.out")[:2])
        self.assertIn("0::/system.slice/hello.service", self.lines("hello.out"))
        self.assertTrue(any("system.slice" in folder
                            for folder in private_namespaces.cgroups_named("c-m")))
        begun = time.monotonic()
        self.assertEqual(0, self.berth.berth("stop", "m", seconds=90).returncode)
        self.assertLess(time.monotonic() - begun, 45)
        self.until_logged("Reached target shutdown.target", 5)
        row = self.berth.row("m")
        self.assertEqual(("stopped", ""), (row["phase"], row["error"]))
        berth_instance.poll("its cgroups are gone",
                            lambda: not private_namespaces.cgroups_named("c-m"), 20)

    def test_a_reboot_inside_boots_it_again_and_a_power_off_ends_it(self):
        self.boot("echo boot >>/shared/boots\n"
                  "if test -e /shared/second; then systemctl poweroff; else\n"
                  "  touch /shared/second; systemctl reboot; fi\n", more="")
        self.until_lines("boots", 2, 90)
        row = self.berth.wait("m", "stopped", 60)
        self.assertEqual((1, ""), (row["restarts"], row["error"]))
        self.assertEqual(["boot", "boot"], self.lines("boots"))


if __name__ == "__main__":
    berth_testing.main()
