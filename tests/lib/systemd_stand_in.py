#!/usr/bin/python3
"""A service on a D-Bus that answers as systemd's manager does, for tests without systemd.

    systemd_stand_in.py ADDRESS

It is a real peer on a real bus, but what it says of units is what it is told on standard input:

    unit NAME PROPERTY=VALUE...    the unit is so from now on, and its change is told
    on-start NAME WAY              what a StartUnit comes to: done, failed, hold (its job goes on)
    end NAME RESULT                ends the jobs of the unit that are held
    reload                         systemd has read its files anew

Each call that it gets is a line of its output. Needs python3-dbus and python3-gi.
"""

import sys

import dbus
import dbus.bus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "org.freedesktop.systemd1"
ROOT = "/org/freedesktop/systemd1"
MANAGER = NAME + ".Manager"
TYPES = {"RemainAfterExit": lambda text: dbus.Boolean(text == "yes"),
         "ExecMainCode": lambda text: dbus.Int32(int(text)),
         "ExecMainExitTimestampMonotonic": lambda text: dbus.UInt64(int(text)),
         "ActiveEnterTimestampMonotonic": lambda text: dbus.UInt64(int(text))}


def log(*words):
    print(*words, flush=True)


def path_of(unit):
    escaped = "".join(c if c.isalnum() else f"_{ord(c):02x}" for c in unit)
    return f"{ROOT}/unit/{escaped}"


class Unit(dbus.service.Object):
    def __init__(self, bus, name):
        super().__init__(bus, path_of(name))
        self.name = name
        # Other properties than those that are looked at, of types that nobody expects.
        self.properties = {"Id": name, "ActiveState": "inactive", "SubState": "dead",
                           "LoadError": dbus.Struct(("", ""), signature="ss"),
                           "Names": dbus.Array([name], signature="s")}
        self.way = "failed"
        self.jobs = []

    def become(self, **properties):
        for key, value in properties.items():
            self.properties[key] = TYPES.get(key, dbus.String)(value)
        self.PropertiesChanged(NAME + ".Unit", {}, ["ActiveState"])

    @dbus.service.method("org.freedesktop.DBus.Properties", "s", "a{sv}")
    def GetAll(self, interface):
        return dbus.Dictionary(self.properties, signature="sv")

    @dbus.service.signal("org.freedesktop.DBus.Properties", "sa{sv}as")
    def PropertiesChanged(self, interface, changed, invalidated):
        pass


class Manager(dbus.service.Object):
    def __init__(self, bus):
        super().__init__(bus, ROOT)
        self.bus = bus
        self.units = {}
        self.activations = 100
        self.next_job = 1

    def unit(self, name):
        if name not in self.units:
            self.units[name] = Unit(self.bus, name)
        return self.units[name]

    @dbus.service.method(MANAGER)
    def Subscribe(self):
        log("Subscribe")

    @dbus.service.method(MANAGER, "s", "o")
    def LoadUnit(self, name):
        log("LoadUnit", name)
        return dbus.ObjectPath(path_of(self.unit(name).name))

    @dbus.service.method(MANAGER, "s")
    def RefUnit(self, name):
        log("RefUnit", name)

    @dbus.service.method(MANAGER, "s")
    def UnrefUnit(self, name):
        log("UnrefUnit", name)

    @dbus.service.method(MANAGER, "ss", "o")
    def StartUnit(self, name, mode):
        log("StartUnit", name, mode)
        unit = self.unit(name)
        if unit.way == "missing":
            raise dbus.DBusException(f"Unit {name} not found.", name=NAME + ".NoSuchUnit")
        job = dbus.ObjectPath(f"{ROOT}/job/{self.next_job}")
        self.next_job += 1
        unit.jobs.append(job)
        unit.become(ActiveState="activating", SubState="start")
        if unit.way != "hold":
            GLib.idle_add(self.end, name, unit.way)
        return job

    def end(self, name, result):
        unit = self.unit(name)
        if result == "done":
            self.activations += 1
            unit.become(ActiveState="active", SubState="mounted",
                        ActiveEnterTimestampMonotonic=str(self.activations))
        else:
            unit.become(ActiveState="failed", SubState="failed")
        for job in unit.jobs:
            self.JobRemoved(int(job.rsplit("/", 1)[1]), job, name, result)
        unit.jobs = []

    @dbus.service.signal(MANAGER, "uoss")
    def JobRemoved(self, number, job, unit, result):
        pass

    @dbus.service.signal(MANAGER, "b")
    def Reloading(self, active):
        pass

    def obey(self, line):
        command, *words = line.split()
        if command == "unit":
            self.unit(words[0]).become(**dict(word.split("=", 1) for word in words[1:]))
        elif command == "on-start":
            self.unit(words[0]).way = words[1]
        elif command == "end":
            self.end(*words)
        elif command == "reload":
            self.Reloading(False)
        log("obeyed", line.strip())


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(sys.argv[1])
    manager = Manager(bus)
    loop = GLib.MainLoop()

    def read(*_):
        line = sys.stdin.readline()
        if line:
            manager.obey(line)
        else:
            loop.quit()
        return bool(line)

    # One line at a time is sent, and the next not before it was obeyed.
    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, read)
    bus.set_exit_on_disconnect(False)
    bus.call_on_disconnection(lambda _: loop.quit())
    bus.request_name(NAME)
    log("serving")
    loop.run()


main()
