#!/usr/bin/env python3
"""What a payload finds around itself: namespaces, privileges, mounts, devices, descriptors."""

import os
import pathlib
import re

import berth_testing
from berth_testing import berth_instance

NAMESPACES = ["pid", "mnt", "uts", "ipc", "net", "cgroup"]
# chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw,
# sys_chroot, mknod, audit_write, setfcap: no default may go beyond what docker and podman give.
DEFAULT_CAPABILITIES_MAX = sum(1 << bit for bit in
                               (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31))
CAP_NET_BIND_SERVICE = 10
CAP_SYS_ADMIN = 21


class Containers(berth_testing.BerthTest):
    def outcome(self, script, first="", more="", name="probe"):
        """What a oneshot's script printed, as one text."""
        (self.shared / f"{name}.sh").write_text(script)
        mounts = first if "mounts" in first else f"{first}\n{self.shares}"
        self.service(name, command=f'["sh", "/shared/{name}.sh"]',
                     first=f'type = "oneshot"\n{mounts}', more=more)
        self.berth.until(name, "it ended",
                         lambda row: row["phase"] in ("stopped", "failed", "backing-off"))
        self.assertEqual(0, self.berth.row(name)["exit_code"], self.berth.row(name))
        return "\n".join(self.berth.logged(name))

    def status_of(self, first="", more=""):
        text = self.outcome("cat /proc/self/status", first, more)
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    def test_it_has_namespaces_of_its_own(self):
        self.service("web")
        self.service("other")
        pids = [self.berth.wait(name, "ready")["pid"] for name in ("web", "other")]
        for kind in NAMESPACES:
            seen = {berth_instance.namespace(pid, kind) for pid in [os.getpid(), *pids]}
            self.assertEqual(3, len(seen), f"{kind}: {seen}")

    def test_it_is_process_1_and_sees_no_other_process(self):
        text = self.outcome("echo $$; ls -d /proc/[0-9]* | wc -l")
        self.assertEqual("1", text.splitlines()[0])
        self.assertLessEqual(int(text.splitlines()[1]), 3)

    def test_its_privileges_are_few(self):
        status = self.status_of()
        effective = int(status["CapEff"], 16)
        self.assertEqual(0, effective & ~DEFAULT_CAPABILITIES_MAX, hex(effective))
        self.assertNotEqual(0, effective)
        self.assertEqual(status["CapEff"], status["CapPrm"])
        self.assertEqual(status["CapEff"], status["CapBnd"])
        self.assertEqual(0, int(status["CapInh"], 16))
        self.assertEqual(0, int(status["CapAmb"], 16))
        self.assertEqual("2", status["Seccomp"].strip())
        self.assertEqual("1", status["NoNewPrivs"].strip())

    def test_capabilities_are_added_and_dropped_as_written(self):
        status = self.status_of(
            more='[security]\ncap_drop = ["all"]\ncap_add = ["net_bind_service"]')
        for name in ("CapEff", "CapPrm", "CapBnd"):
            self.assertEqual(1 << CAP_NET_BIND_SERVICE, int(status[name], 16))

    def test_another_user_has_no_capabilities(self):
        status = self.status_of(first='user = "1000:1001"')
        self.assertEqual(["1000"] * 4, status["Uid"].split())
        self.assertEqual(["1001"] * 4, status["Gid"].split())
        self.assertEqual([], [group for group in status["Groups"].split() if group != "1001"])
        for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            self.assertEqual(0, int(status[name], 16))

    def test_seccomp_and_no_new_privs_can_be_switched_off(self):
        status = self.status_of(more='[security]\nseccomp = "unconfined"\nno_new_privs = false')
        self.assertEqual("0", status["Seccomp"].strip())
        self.assertEqual("0", status["NoNewPrivs"].strip())

    def test_the_default_filter_refuses_what_containers_do_not_need(self):
        text = self.outcome(
            "unshare --user true 2>&1 || echo refused user\n"
            "mount -t tmpfs none /mnt 2>&1 || echo refused mount\n"
            "python3 -c 'import ctypes; c = ctypes.CDLL(None, use_errno=True)\n"
            "r = c.syscall(250, 0, 0, 0, 0, 0); print(\"keyctl\", r, ctypes.get_errno())'\n"
            "true")
        self.assertIn("refused user", text)
        self.assertIn("refused mount", text)
        self.assertRegex(text, r"keyctl -1 (1|38)\b")

    def test_no_descriptor_of_ours_gets_in(self):
        listed = self.outcome("exec ls -l /proc/self/fd")
        targets = dict(line.split()[-3::2] for line in listed.splitlines() if " -> " in line)
        self.assertEqual({"0", "1", "2", "3"}, set(targets))
        self.assertEqual("/dev/null", targets["0"])
        self.assertTrue(targets["1"].endswith("/stdout"), targets)
        self.assertTrue(targets["2"].endswith("/stderr"), targets)
        self.assertRegex(targets["3"], "^/proc/1/fd$")  # what ls itself has opened

    def test_dangerous_paths_are_masked_or_read_only(self):
        text = self.outcome(
            "cat /proc/kcore | head -c 1 | wc -c; cat /proc/keys | wc -c\n"
            "echo b > /proc/sysrq-trigger || echo refused sysrq\n"
            "echo x > /proc/sys/kernel/core_pattern || echo refused core_pattern\n"
            "touch /sys/x || echo refused sys\n"
            "mount | grep ' on /sys ' | grep -c '[(,]ro[,)]'\ntrue")
        for word in ("sysrq", "core_pattern", "sys"):
            self.assertIn(f"refused {word}", text)
        self.assertEqual(["0", "0"], [line for line in text.splitlines() if line.isdigit()][:2])

    def test_dev_is_minimal_and_works(self):
        text = self.outcome(
            "ls /dev; echo --; echo x > /dev/null && head -c 4 /dev/zero | wc -c\n"
            "head -c 8 /dev/urandom | wc -c; echo hello > /dev/stdout; ls -d /dev/pts /dev/shm\n"
            "stat -c '%t:%T' /dev/null; touch /dev/shm/x && echo shm; stat -f -c %T /dev/shm")
        names, rest = text.split("--")
        allowed = {"console", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random",
                   "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero"}
        self.assertLessEqual(set(names.split()), allowed)
        self.assertGreaterEqual(set(names.split()),
                                {"null", "zero", "full", "random", "urandom", "tty", "fd",
                                 "stdin", "stdout", "stderr", "pts", "ptmx", "shm"})
        for word in ("4", "8", "hello", "1:3", "shm", "tmpfs"):
            self.assertIn(word, rest.split())

    def test_the_root_is_the_hosts_usr_and_writes_stay_inside(self):
        text = self.outcome("test -x /usr/bin/env && echo usr; touch /usr/bin/berth-was-here "
                            "&& echo wrote; test -L /bin && echo merged; ls -d /root /tmp /etc")
        for word in ("usr", "wrote", "merged", "/tmp", "/etc"):
            self.assertIn(word, text.split())
        self.assertFalse(pathlib.Path("/usr/bin/berth-was-here").exists())

    def test_the_old_root_is_out_of_reach(self):
        text = self.outcome("mount | wc -l; ls /proc/1/root/; cat /proc/self/mountinfo")
        self.assertNotIn(str(self.berth.root) + "/etc", text)
        self.assertFalse(re.search(r"^\S+ \S+ \S+ \S+ /\S* \S+ (shared|master):", text, re.M))

    def test_hostname_directory_environment(self):
        text = self.outcome(
            "hostname; pwd; env | sort; cat /etc/hostname",
            first='hostname = "shop-1"\nworking_dir = "/var"\n'
                  'environment = { GREETING = "hello world" }')
        lines = text.splitlines()
        self.assertEqual(["shop-1", "/var"], lines[:2])
        self.assertIn("GREETING=hello world", lines)
        self.assertEqual("shop-1", lines[-1])
        for line in lines[2:-1]:
            self.assertRegex(line, r"^(GREETING|PATH|HOME|HOSTNAME|PWD|USER|TERM|OLDPWD|SHLVL|container|_)=")

    def test_the_default_hostname_is_the_containers_name(self):
        self.assertEqual("probe", self.outcome("hostname"))

    def test_mounts_are_bound_read_only_or_not_and_a_tmpfs_is_as_large_as_written(self):
        (self.shared / "file").write_text("content\n")
        text = self.outcome(
            "cat /ro/file; touch /ro/x || echo refused; touch /shared/y && echo wrote\n"
            "df -k --output=size /small | tail -n 1; head -c 3000000 /dev/zero > /small/z "
            "|| echo full\ncat /one\nmount -o remount,rw /ro 2>&1 || echo locked",
            first=f'''mounts = [
              {{ type = "bind", source = "{self.shared}", target = "/shared" }},
              {{ type = "bind", source = "{self.shared}", target = "/ro", read_only = true }},
              {{ type = "bind", source = "{self.shared}/file", target = "/one" }},
              {{ type = "tmpfs", target = "/small", size = "2M" }}]''')
        words = text.split()
        self.assertEqual(2, words.count("content"))
        for word in ("refused", "wrote", "2048", "full", "locked"):
            self.assertIn(word, words)
        self.assertTrue((self.shared / "y").exists())
        self.assertFalse((self.shared / "x").exists())

    def test_a_root_file_system_of_ones_own(self):
        root = self.berth.root / "small-root"
        for folder in ("bin", "lib64", "proc", "dev", "sys"):
            (root / folder).mkdir(parents=True)
        script = self.shared / "copy.sh"
        script.write_text(
            "for program in sh ls cat hostname; do cp /bin/$program $1/bin/; "
            "ldd /bin/$program | grep -o '/[^ ]*' | while read library; do "
            "mkdir -p $1$(dirname $library); cp -L $library $1$library; done; done")
        berth_instance.subprocess.run(["sh", script, root], check=True)
        self.berth.write("own.toml", f'rootfs = "{root}"\ntype = "oneshot"\n'
                                     'command = ["/bin/sh", "-c", "ls /; hostname"]\n')
        self.berth.wait("own", "stopped")
        logged = self.berth.logged("own")
        self.assertIn("own", logged)
        self.assertIn("bin", logged)
        self.assertNotIn("usr", set(logged) - set(os.listdir(root)))

    def test_it_has_a_session_and_a_keyring_of_its_own(self):
        text = self.outcome("cut -d' ' -f6 /proc/1/stat; tty || true")
        self.assertEqual("1", text.splitlines()[0])
        self.assertIn("not a tty", text)


if __name__ == "__main__":
    berth_testing.main()
