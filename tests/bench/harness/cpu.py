"""CPU time of each process of a stack, read from /proc once a second."""

import collections
import os
import pathlib
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")
OURS = ("orchestrator", "payment", "inventory", "notification", "gateway")
ALL = (*OURS, "postgres", "rabbitmq", "generator")
GRPC_POOLS = ("default-executo", "event_engine", "grpc_global_tim")  # as the kernel cuts their names


def times(pid):
    """utime, stime, cutime, cstime in seconds; nothing once it has ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ()
    return tuple(int(field) / TICKS for field in fields[11:15])


def children(pid):
    try:
        return [int(child) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
                for child in (task / "children").read_text().split()]
    except OSError:
        return []


def machine():
    """Seconds all cores together were busy."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    return sum(int(fields[i]) for i in (0, 1, 2, 5, 6)) / TICKS


def status(pid, field):
    """A number of /proc/PID/status, e.g. VmRSS in kB; 0 once it has ended."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(field + ":")), 0)


def threads(pid):
    """How many a process has: all, and those that are not of gRPC's own pools, which grow and shrink as it sees fit."""
    names = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/comm"):
        try:
            names.append(task.read_text().strip())
        except OSError:
            pass  # it has ended
    return len(names), sum(name not in GRPC_POOLS for name in names)


class Meter:
    """CPU seconds so far, by name. The replicas of the orchestrator count as one; a process started anew counts on."""

    def __init__(self, stack, generator=None):
        self.stack = stack
        self.generator = generator  # a process id
        self.ended = collections.Counter()  # what processes had used that are gone
        self.last = {}
        self.find()

    def find(self):
        """Which processes there are: again after one was started."""
        self.pids = {}
        for name in self.stack.parts:
            try:
                self.pids[name] = int((self.stack.folder / "run" / f"{name}.pid").read_text().split()[0])
            except (OSError, IndexError):
                pass  # it does not run

    def read(self):
        now = {}
        for name, pid in [*self.pids.items(), ("generator", self.generator)]:
            used = times(pid)
            if not used:
                continue
            # PostgreSQL has a process for each connection; what those that have ended had used is in the first one's sum.
            now[name, pid] = sum(used if name == "postgres" else used[:2])
            if name in ("postgres", "rabbitmq"):
                now[name, pid] += sum(sum(times(child)[:2]) for child in children(pid))
        for key, seconds in self.last.items():
            if key not in now:
                self.ended[key] += seconds
            else:  # what a killed PostgreSQL's processes had used is in nobody's sum
                now[key] = max(now[key], seconds)
        self.last = now
        used = collections.Counter({name: 0.0 for name in ALL})
        for (name, _), seconds in [*now.items(), *self.ended.items()]:
            used["orchestrator" if name.startswith("orchestrator") else name] += seconds
        return dict(used)


class Sampler:
    """Reads a Meter each second in a thread of its own until stopped; keeps the shares of a core between two readings."""

    def __init__(self, meter):
        self.meter = meter
        self.stopping = threading.Event()
        self.at = []        # seconds of the monotonic clock, end of each interval
        self.percent = {name: [] for name in (*ALL, "others")}
        self.threads = (0, 0)  # most of our own processes together: all, and without gRPC's pools
        self.first = self.last = meter.read()
        self.began = self.ended = time.monotonic()
        self.busy = self.busy_first = machine()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stopping.wait(1.0):
            self._sample()

    def _sample(self):
        self.meter.find()
        now, used, busy = time.monotonic(), self.meter.read(), machine()
        took = now - self.ended
        known = 0.0
        for name in ALL:
            spent = max(0.0, used[name] - self.last[name])
            known += spent
            self.percent[name].append(round(100 * spent / took, 1))
        self.percent["others"].append(round(max(0.0, 100 * (busy - self.busy - known) / took), 1))
        self.at.append(now)
        now_there = [threads(pid) for name, pid in self.meter.pids.items() if name not in ("postgres", "rabbitmq")]
        self.threads = tuple(max(most, sum(counts)) for most, counts in zip(self.threads, zip(*now_there)))
        self.last, self.ended, self.busy = used, now, busy

    def stop(self):
        self.stopping.set()
        self.thread.join()
        self._sample()
        return self

    def seconds(self):
        """CPU seconds by name over all the time."""
        used = {name: self.last[name] - self.first[name] for name in ALL}
        used["others"] = max(0.0, self.busy - self.busy_first - sum(used.values()))
        return used

    def series(self, began):
        """Per cent of one core by name, at seconds after `began`."""
        return {"at": [round(at - began, 2) for at in self.at], "percent": self.percent}
