"""Kills with -9 and freezes whatever runs, by a plan drawn from the seed, at most three parts at once.

A killed part is started again by deploy/part after a random moment; a frozen one thaws after its lease has run out. The
plan is the seed's; what is still booting when its turn comes is waited for, so the times are the machine's.
"""

import os
import random
import signal
import subprocess
import threading
import time

PROGRAMS = ("orchestrator", "orchestrator-2", "payment", "inventory", "notification", "gateway")
# (what, weight): each program alike; the database and the broker, which stop everything, less often.
DEEDS = [*((("kill", part), 4) for part in PROGRAMS), *((("freeze", part), 3) for part in PROGRAMS),
         (("kill", "postgres"), 3), (("freeze", "postgres"), 2), (("kill", "rabbitmq"), 3)]


def plan(seed):
    """Endless: (seconds to wait before, (deed, part), seconds it stays dead or frozen)."""
    dice = random.Random(f"{seed}/saboteur")
    while True:
        deed = dice.choices([deed for deed, _ in DEEDS], [weight for _, weight in DEEDS])[0]
        frozen = dice.uniform(2.5, 6) if deed[0] == "freeze" else dice.choice((0, 0, dice.uniform(0, 4)))
        yield dice.uniform(1, 5), deed, frozen


def family(pid):
    """The process and all its descendants."""
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        found.append(parent)
        try:
            with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as children:
                waiting += map(int, children.read().split())
        except OSError:
            pass
    return found


def send(number, pids):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


class Saboteur:
    def __init__(self, stack, log_path, seed):
        self.stack = stack
        self.plan = plan(seed)
        self.deeds = {}   # (deed, part) -> how often
        self.broken = []  # what it could not do, or not mend
        self.busy = {part: threading.Lock() for part in stack.parts}
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.log_file = open(log_path, "a", encoding="utf-8")
        self.lanes = []

    def start(self):
        self.lanes = [threading.Thread(target=self._lane, daemon=True) for _ in range(3)]
        for lane in self.lanes:
            lane.start()

    def stop(self):
        """Mends everything: all thawed, all started again and ready. (Who is in a hurry sets `stopping`: all thaws.)"""
        self.stopping.set()
        for lane in self.lanes:
            lane.join()
        for name in self.stack.parts:
            self._bring_back(name)
        self.log("all is mended")

    def log(self, text):
        with self.lock:
            self.log_file.write(f"{time.time():.3f} {text}\n")
            self.log_file.flush()

    def _lane(self):
        while not self.stopping.is_set():
            with self.lock:
                pause, (deed, name), seconds = next(self.plan)
            if self.stopping.wait(pause):
                return
            with self.busy[name]:
                if self.stopping.is_set():
                    return
                try:
                    getattr(self, deed)(self.stack.parts[name], seconds)
                except (RuntimeError, subprocess.SubprocessError) as error:
                    self.broken.append(f"{deed} {name}: {error}")

    def kill(self, part, seconds):
        self._count("kill", part)
        part.kill()
        self.stopping.wait(seconds)
        self._bring_back(part.name)

    def freeze(self, part, seconds):
        pid = part.pid
        if pid is None:
            return
        self._count("freeze", part)
        send(signal.SIGSTOP, family(pid))
        # What was being forked meanwhile is in the second look.
        frozen = family(pid)
        send(signal.SIGSTOP, frozen)
        self.stopping.wait(seconds)
        send(signal.SIGCONT, reversed(frozen))
        self.log(f"thaw {part.name}")

    def _count(self, deed, part):
        self.log(f"{deed} {part.name}")
        with self.lock:
            self.deeds[deed, part.name] = self.deeds.get((deed, part.name), 0) + 1

    def _bring_back(self, name):
        """Started again and ready. A program may end or wait while what it needs is away: then once more."""
        part = self.stack.parts[name]
        deadline = time.monotonic() + 240
        while True:
            try:
                if part.pid is None:
                    part.start(wait=False)
                part.wait_ready()
                return self.log(f"ready {name}")
            except RuntimeError as error:
                self.log(f"not ready {name}: {' '.join(str(error).split())[:300]}")
                if time.monotonic() > deadline:
                    raise
