#!/usr/bin/env python3
"""Networks: addresses, ports, names, ways out, and who must not get in."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys

import berth_testing
from berth_testing import berth_instance

# Answers every connection on port 8080 with its peer's address, and ends.
ANSWER = """["python3", "-u", "-c", '''
import signal, socket
signal.signal(signal.SIGTERM, lambda *_: exit(0))
server = socket.create_server(("0.0.0.0", 8080))
while True:
    client, peer = server.accept()
    client.sendall(peer[0].encode())
    client.close()
''']"""

LISTENING = '[healthcheck]\ntcp = "127.0.0.1:8080"\ninterval = "100ms"\nstart_period = "30s"\n'


def ask(address, port, seconds=5):
    """What the server there says; "" when nobody is reached."""
    try:
        with socket.create_connection((address, port), timeout=seconds) as client:
            return client.recv(100).decode()
    except OSError:
        return ""


def ask_from(pid, address, port, seconds=2):
    """The same from the network namespace of another process."""
    program = (f"import socket, sys\nc = socket.create_connection(({address!r}, {port}), {seconds})"
               "\nprint(c.recv(100).decode())")
    result = subprocess.run(["nsenter", f"--net=/proc/{pid}/ns/net", sys.executable, "-c", program],
                            capture_output=True, text=True, check=False)
    return result.stdout.strip()


def send(pid, text, address, port):
    """A datagram from the network namespace of another process."""
    program = ("import socket; socket.socket(type=socket.SOCK_DGRAM)"
               f".sendto({text!r}, ({address!r}, {port}))")
    subprocess.run(["nsenter", f"--net=/proc/{pid}/ns/net", sys.executable, "-c", program],
                   check=True)


@contextlib.contextmanager
def neighbour():
    """A machine beside this one: 192.0.2.2, while our end of the cable has 192.0.2.1."""
    holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
    try:
        berth_instance.poll("it has its own network", lambda: berth_instance.namespace(
            holder.pid, "net") != berth_instance.namespace("self", "net"), 5)
        for command in (f"link add up0 type veth peer name eth0 netns {holder.pid}",
                        "addr add 192.0.2.1/24 dev up0", "link set up0 up"):
            subprocess.run(["ip", *command.split()], check=True)
        for command in ("addr add 192.0.2.2/24 dev eth0", "link set eth0 up", "link set lo up"):
            subprocess.run(["nsenter", f"--net=/proc/{holder.pid}/ns/net", "ip",
                            *command.split()], check=True)
        yield holder.pid
    finally:
        holder.kill()
        holder.wait()
        subprocess.run(["ip", "link", "delete", "up0"], check=False, capture_output=True)


class Network(berth_testing.BerthTest):
    settings = {"subnet": "10.99.0.0/24"}
    gateway = "10.99.0.1"

    def serve(self, name, first="", more=""):
        self.service(name, command=ANSWER, first=first, more=LISTENING + more)

    def test_an_address_is_kept_over_restarts_and_changes(self):
        self.serve("web")
        self.serve("other")
        before = self.berth.wait("web", "ready")
        self.berth.wait("other", "ready")
        self.assertRegex(before["addresses"][0], r"^10\.99\.0\.\d+$")
        self.assertNotEqual(before["addresses"], self.berth.row("other")["addresses"])
        namespace = berth_instance.namespace(before["pid"], "net")
        os.kill(before["pid"], signal.SIGKILL)
        after = self.berth.until("web", "it is back", lambda row: row["restarts"] == 1
                                 and row["phase"] == "ready")
        self.assertEqual(before["addresses"], after["addresses"])
        # The sandbox outlives its container: the same network namespace, not one alike.
        self.assertEqual(namespace, berth_instance.namespace(after["pid"], "net"))
        self.serve("web", first='hostname = "changed"')
        again = self.berth.until("web", "it was restarted", lambda row: row["phase"] == "ready"
                                 and row["pid"] not in (None, after["pid"]))
        self.assertEqual(before["addresses"], again["addresses"])
        self.assertEqual(namespace, berth_instance.namespace(again["pid"], "net"))
        # And over a restart of berthd, though another one is there before it now.
        self.serve("again")
        self.berth.wait("again", "ready")
        self.berth.stop()
        self.berth.start()
        self.assertEqual(before["addresses"], self.berth.wait("web", "ready")["addresses"])

    def test_the_host_reaches_a_container_and_it_the_host(self):
        self.serve("web")
        address = self.berth.wait("web", "ready")["addresses"][0]
        self.assertEqual(self.gateway, ask(address, 8080))
        with socket.create_server(("0.0.0.0", 7000)) as server:
            server.settimeout(5)
            pid = self.berth.pid("web")
            asking = subprocess.Popen(
                ["nsenter", f"--net=/proc/{pid}/ns/net", sys.executable, "-c",
                 f"import socket; socket.create_connection(('{self.gateway}', 7000), 5)"])
            _, peer = server.accept()
            self.assertEqual(address, peer[0])
            asking.wait(timeout=10)

    def test_a_port_published_on_loopback_works_from_the_host_and_only_from_it(self):
        self.serve("web", first='ports = ["127.0.0.1:18080:8080/tcp"]')
        self.serve("other")
        for name in ("web", "other"):
            self.berth.wait(name, "ready")
        berth_instance.poll("the port answers", lambda: ask("127.0.0.1", 18080), 10)
        self.assertEqual("", ask_from(self.berth.pid("other"), self.gateway, 18080))
        with neighbour() as outside:
            self.assertEqual("", ask_from(outside, "192.0.2.1", 18080))

    def test_a_port_published_on_all_addresses_works_from_outside(self):
        self.serve("web", first='ports = ["0.0.0.0:18080:8080"]')
        self.serve("other")
        for name in ("web", "other"):
            self.berth.wait(name, "ready")
        with neighbour() as outside:
            berth_instance.poll("the port answers",
                                lambda: ask_from(outside, "192.0.2.1", 18080) == "192.0.2.2", 10)
        berth_instance.poll("and within", lambda: ask("127.0.0.1", 18080), 10)
        berth_instance.poll("and from a container",
                            lambda: ask_from(self.berth.pid("other"), self.gateway, 18080), 10)

    def test_ports_change_live(self):
        self.serve("web", first='ports = ["127.0.0.1:18080:8080"]')
        pid = self.berth.wait("web", "ready")["pid"]
        berth_instance.poll("the port answers", lambda: ask("127.0.0.1", 18080), 10)
        self.serve("web", first='ports = ["127.0.0.1:18081:8080"]')
        berth_instance.poll("the new port answers", lambda: ask("127.0.0.1", 18081), 10)
        self.assertEqual("", ask("127.0.0.1", 18080))
        self.assertEqual(pid, self.berth.pid("web"))

    def test_a_live_change_does_not_take_a_port_that_the_host_listens_on(self):
        self.serve("web", first='ports = ["127.0.0.1:18080:8080"]')
        pid = self.berth.wait("web", "ready")["pid"]
        berth_instance.poll("the port answers", lambda: ask("127.0.0.1", 18080), 10)
        with socket.create_server(("127.0.0.1", 18081)) as server:
            self.serve("web", first='ports = ["127.0.0.1:18081:8080"]')
            row = self.berth.until("web", "it is refused", lambda row: "18081" in row["error"])
            self.assertEqual("ready", row["phase"])
            with socket.create_connection(("127.0.0.1", 18081), timeout=5):
                server.settimeout(5)
                server.accept()[0].close()
            self.assertNotEqual("", ask("127.0.0.1", 18080), "the old port is closed")
        self.assertEqual(pid, self.berth.pid("web"))

    def test_the_hosts_loopback_is_out_of_a_containers_reach(self):
        """CVE-2020-8558: route_localnet lets a neighbour on the bridge talk to 127.0.0.1."""
        self.serve("web", first='ports = ["127.0.0.1:18080:8080"]')
        pid = self.berth.wait("web", "ready")["pid"]
        berth_instance.poll("the port answers", lambda: ask("127.0.0.1", 18080), 10)
        with socket.socket(type=socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 7000))
            # What a hostile container with net_admin would do in its own namespace.
            for command in ("ip route del table local local 127.0.0.0/8 dev lo",
                            "ip route del table local local 127.0.0.1 dev lo",
                            f"ip route add 127.0.0.0/8 via {self.gateway}"):
                subprocess.run(["nsenter", f"--net=/proc/{pid}/ns/net", *command.split()],
                               check=True)
            send(pid, b"knock", "127.0.0.1", 7000)
            # A later packet that may come has come, so the first one would have, too.
            with socket.socket(type=socket.SOCK_DGRAM) as allowed:
                allowed.bind((self.gateway, 7001))
                allowed.settimeout(5)
                send(pid, b"hello", self.gateway, 7001)
                self.assertEqual(b"hello", allowed.recv(100))
            server.setblocking(False)
            with self.assertRaises(BlockingIOError):
                server.recv(100)
            # Without our rules it gets through: this test can fail.
            subprocess.run(["nft", "flush", "ruleset"], check=True)
            server.settimeout(5)
            send(pid, b"knock", "127.0.0.1", 7000)
            self.assertEqual(b"knock", server.recv(100))

    def test_a_bridge_is_open_to_loopback_addresses_only_with_the_rules_and_for_ports(self):
        setting = pathlib.Path("/proc/sys/net/ipv4/conf/berth0/route_localnet")
        self.serve("web")
        self.berth.wait("web", "ready")
        self.assertEqual("0", setting.read_text().strip())
        self.serve("web", first='ports = ["127.0.0.1:18080:8080"]')
        berth_instance.poll("the port answers", lambda: ask("127.0.0.1", 18080), 10)
        self.assertEqual("1", setting.read_text().strip())

    def test_a_bridge_deleted_by_hand_is_made_again(self):
        self.serve("web", first='ports = ["127.0.0.1:18080:8080"]')
        self.serve("other")
        pid = self.berth.wait("web", "ready")["pid"]
        address = self.berth.wait("other", "ready")["addresses"][0]
        berth_instance.poll("the port answers", lambda: ask("127.0.0.1", 18080), 10)
        subprocess.run(["ip", "link", "del", "berth0"], check=True)
        self.assertEqual("", ask("127.0.0.1", 18080, seconds=1))
        # The sandboxes outlive a restart; they are put back into the new bridge, everybody's.
        self.assertEqual(0, self.berth.berth("restart", "web").returncode)
        self.berth.until("web", "it was restarted", lambda row: row["phase"] == "ready"
                         and row["pid"] not in (None, pid))
        berth_instance.poll("the port answers", lambda: ask("127.0.0.1", 18080, seconds=1), 20)
        berth_instance.poll("the other answers", lambda: ask(address, 8080, seconds=1), 20)
        # A container that needs a new sandbox finds it missing as well.
        subprocess.run(["ip", "link", "del", "berth0"], check=True)
        self.serve("late")
        late = self.berth.wait("late", "ready", seconds=30)["addresses"][0]
        berth_instance.poll("late answers", lambda: ask(late, 8080, seconds=1), 20)

    def test_a_port_that_the_host_listens_on_is_not_taken_over(self):
        with socket.create_server(("127.0.0.1", 18080)):
            self.serve("web", first='ports = ["127.0.0.1:18080:8080"]')
            row = self.berth.until("web", "it fails", lambda row: row["error"])
            self.assertRegex(row["error"], r"web\.toml:\d+:\d+: ports\[0\]: 127\.0\.0\.1:18080 is "
                                           "in use by another program of this host$")
        self.berth.wait("web", "ready")
        berth_instance.poll("the port answers", lambda: ask("127.0.0.1", 18080), 10)

    def test_what_an_earlier_berthd_left_is_removed_at_the_start(self):
        self.berth.stop()
        for command in ("ip link add berth0 type bridge", "ip link set berth0 alias berth:default",
                        "ip link add theirs type bridge", "nft add table inet berth",
                        "nft add table inet theirs"):
            subprocess.run(command.split(), check=True)
        try:
            self.berth.start()
            berth_instance.poll("the bridge and the rules are gone", lambda: not (
                {"berth0", "table inet berth"} & (self.berth.leftovers_now()["link"]
                                                  | self.berth.leftovers_now()["nft table"])), 10)
            self.assertIn("theirs", self.berth.leftovers_now()["link"])
            self.assertIn("table inet theirs", self.berth.leftovers_now()["nft table"])
        finally:
            subprocess.run(["ip", "link", "del", "theirs"], check=True)
            subprocess.run(["nft", "delete", "table", "inet", "theirs"], check=True)

    def test_a_container_goes_out_under_the_hosts_address(self):
        self.serve("web")
        pid = self.berth.wait("web", "ready")["pid"]
        with neighbour() as outside:
            server = subprocess.Popen(
                ["nsenter", f"--net=/proc/{outside}/ns/net", sys.executable, "-u", "-c",
                 "import socket\ns = socket.create_server(('0.0.0.0', 9000))\nprint('up')\n"
                 "c, peer = s.accept()\nc.sendall(peer[0].encode())"], stdout=subprocess.PIPE)
            server.stdout.readline()
            self.assertEqual("192.0.2.1", ask_from(pid, "192.0.2.2", 9000, seconds=5))
            server.stdout.close()
            server.wait(timeout=10)

    def test_containers_of_a_network_find_each_other_by_name(self):
        self.serve("db")
        db = self.berth.wait("db", "ready")["addresses"][0]
        self.service("web", command='["sh", "-c", "getent hosts db; sleep infinity"]',
                     first='stop_signal = "SIGKILL"')
        web = self.berth.wait("web", "ready")
        berth_instance.poll("db is found", lambda: any(
            line.split()[0] == db and "db" in line.split()[1:]
            for line in self.berth.logged("web") if line), 10)
        # Whoever comes later is found by who runs already.
        self.serve("late")
        late = self.berth.wait("late", "ready")["addresses"][0]
        hosts = pathlib.Path(f"/proc/{web['pid']}/root/etc/hosts")
        berth_instance.poll("late is known", lambda: any(
            line.split()[:1] == [late] and "late" in line.split()
            for line in hosts.read_text().splitlines()), 10)
        # Those who go are known no more.
        self.berth.remove("late.toml")
        berth_instance.poll("late is forgotten",
                            lambda: "late" not in hosts.read_text().split(), 10)

    def test_networks_of_ones_own_with_addresses_and_aliases(self):
        self.berth.write("../networks/lan.toml",
                         'driver = "bridge"\nbridge = "br-lan"\nsubnet = "10.20.0.0/24"\n')
        self.serve("web", more='[[networks]]\nname = "lan"\nipv4_address = "10.20.0.10"\n'
                               'aliases = ["shop"]')
        self.serve("friend", more='[[networks]]\nname = "lan"')
        self.serve("stranger")
        rows = {name: self.berth.wait(name, "ready") for name in ("web", "friend", "stranger")}
        self.assertEqual(["10.20.0.10"], rows["web"]["addresses"])
        hosts = pathlib.Path(f"/proc/{rows['friend']['pid']}/root/etc/hosts").read_text()
        self.assertRegex(hosts, r"(?m)^10\.20\.0\.10\s.*\bshop\b")
        stranger = pathlib.Path(f"/proc/{rows['stranger']['pid']}/root/etc/hosts").read_text()
        self.assertNotIn("shop", stranger)
        self.assertTrue(ask_from(rows["friend"]["pid"], "10.20.0.10", 8080))

    def test_none_is_none_and_host_is_the_hosts(self):
        self.service("alone", first='network = "none"')
        self.service("open", first='network = "host"')
        alone, opened = (self.berth.wait(name, "ready") for name in ("alone", "open"))
        self.assertEqual(berth_instance.namespace("self", "net"),
                         berth_instance.namespace(opened["pid"], "net"))
        links = subprocess.run(["nsenter", f"--net=/proc/{alone['pid']}/ns/net", "ip", "-o",
                                "link"], capture_output=True, text=True, check=True).stdout
        self.assertNotRegex(links, r"eth|veth|@if")
        self.assertEqual([], alone["addresses"])

    def test_another_managers_forward_policy_is_named(self):
        subprocess.run(["nft", "-f", "-"], check=True, text=True, input=(
            "table ip other { chain forward { type filter hook forward priority 0; "
            "policy drop; }; }"))
        self.serve("web")
        self.berth.wait("web", "ready")
        notices = berth_instance.poll("it is noticed",
                                      lambda: self.berth.json("status")["notices"], 10)
        self.assertIn("other", "\n".join(notices))
        subprocess.run(["nft", "delete", "table", "ip", "other"], check=True)

    def test_a_port_on_the_sixth_protocols_loopback_is_an_error(self):
        self.serve("web", first='ports = ["[::1]:18080:8080"]')
        problems = berth_instance.poll("told", self.berth.problems, 10)
        self.assertRegex("\n".join(problems), r"web\.toml:\d+:\d+: error: ports\[0\]: ")


if __name__ == "__main__":
    berth_testing.main()
