"""What every test of tests/real shares: each test method in namespaces of its own, with a berthd.

    import berth_testing

    class Restart(berth_testing.BerthTest):
        def test_a_service_that_fails_is_started_again(self):
            self.berth.write("web.toml", ...)

    if __name__ == "__main__":
        berth_testing.main()

BERTH_BIN names the directory of the binaries; without it, build/bin. A program of several tests is
run as `restart_test.py [CLASS.METHOD...]`; it runs itself once for each method. Exit status 77:
skipped, because the caller is not root or a program is missing.
"""

import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import berth_instance  # noqa: E402
import private_namespaces  # noqa: E402

SECONDS_MAX = 150  # for one test method
SKIPPED = 77

# A service that does nothing and ends at once when it is told to. (A process 1 without a handler
# ignores SIGTERM.)
IDLE = """["sh", "-c", "trap 'exit 0' TERM; sleep infinity & wait"]"""

SANITIZER = re.compile(r"ERROR: (?:Address|Leak)Sanitizer|runtime error:")


class BerthTest(unittest.TestCase):
    """self.berth is a running berthd without definitions; after the test nothing of it is left."""

    maxDiff = None
    settings = {}   # more for berthd.toml
    started = True  # start berthd before the test

    def setUp(self):
        cgroup, directory = private_namespaces.scope()
        self.berth = berth_instance.Instance(directory, cgroup, self.settings)
        self.shared = directory / "shared"  # for payloads to write into, see `shares`
        self.shared.mkdir(mode=0o777)
        self.shared.chmod(0o777)
        self.prepare()
        if self.started:
            self.berth.start()

    def prepare(self):
        """Overridden for what must be there before berthd starts."""

    def tearDown(self):
        # Whatever the test found: the end has to be clean too.
        if self.berth.daemon and self.berth.daemon.poll() is None:
            try:
                self.berth.stop()
                self.assert_nothing_left()
            except AssertionError:
                self.tell()
                raise
        self.assertNotRegex(self.berth.said(100000), SANITIZER)

    def run(self, result=None):
        failures = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > failures:
            self.tell()
        return result

    def tell(self):
        print(f"--- what berthd said ({self.id()})\n{self.berth.said()}\n---", file=sys.stderr)

    def assert_nothing_left(self):
        # A killed process may take a moment to be gone, such as the one that LeakSanitizer makes of
        # a launcher that ends.
        try:
            berth_instance.poll("nothing is left", lambda: not self.berth.leftovers(), 5)
        except berth_instance.Trouble:
            self.assertEqual([], self.berth.leftovers())

    def service(self, name, command=IDLE, more="", first=""):
        """Writes NAME.toml with the host's /usr as root; `first` before the tables of `more`."""
        self.berth.write(f"{name}.toml", f'template = "host"\ncommand = {command}\n'
                                         f'stop_timeout = "2s"\n{first}\n{more}\n')

    @property
    def shares(self):
        """The line that mounts self.shared at /shared."""
        return f'mounts = [{{ type = "bind", source = "{self.shared}", target = "/shared" }}]'

    def lines(self, name):
        """The lines of a file in self.shared."""
        path = self.shared / name
        return path.read_text().splitlines() if path.exists() else []

    def until_lines(self, name, count, seconds=20):
        return berth_instance.poll(
            f"{count} lines in {name}: {self.lines(name)}",
            lambda: self.lines(name) if len(self.lines(name)) >= count else None, seconds)


def test_names(arguments):
    if arguments:
        return arguments
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    return [test.id().removeprefix("__main__.") for group in suite for test in group]


def main():
    if private_namespaces.inside():
        private_namespaces.settle()
        unittest.main(verbosity=0)
        return
    if os.geteuid() != 0:
        print("skipped: real containers need root")
        sys.exit(SKIPPED)
    if missing := private_namespaces.missing_programs():
        print(f"skipped: not installed: {missing}")
        sys.exit(SKIPPED)
    for program in ("berthd", "berth"):
        if not (berth_instance.binaries() / program).exists():
            sys.exit(f"{berth_instance.binaries() / program} is not built")
    failed = []
    names = test_names(sys.argv[1:])
    for name in names:
        status = private_namespaces.run([sys.executable, sys.argv[0], name], SECONDS_MAX)
        print(f"{'ok    ' if status == 0 else 'FAILED'} {name}"
              f"{' (too slow)' if status == 124 else ''}", flush=True)
        if status != 0:
            failed.append(name)
    print(f"{len(names) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed or not names else 0)
