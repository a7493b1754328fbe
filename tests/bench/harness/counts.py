"""What a stack has done so far in units that do not depend on how fast the machine is: read before and after a load.

Three sources. PostgreSQL counts commits, flushes and bytes of its log; its sessions tell what they counted up to ten seconds
after they fell silent. The kernel counts for every TCP connection the segments that carried data: on one host each is what
one side sent at once, so those that programs sent to PostgreSQL's port are the round trips begun. It also counts how often
the threads of a process went to sleep and were woken. The programs count turns and what was in them."""

import collections
import pathlib
import re
import subprocess
import time

from support.waiting import wait_until

from . import cpu, database

SILENT_SECONDS = 11.0
SEGMENTS = re.compile(r"data_segs_out:(\d+)")
TURNS = {"orchestrator": ("ordersaga_turns", "ordersaga_turn_writes")} | {
    name: (f"ordersaga_{name}_turns", f"ordersaga_{name}_turn_items") for name in ("payment", "inventory", "notification")}


def sent_to(port):
    """{connection: data segments sent} by clients of a port of this host."""
    done = subprocess.run(["ss", "-tinHO", "state", "established", f"dport = :{port}"], capture_output=True, text=True, check=True)
    found = {}
    for line in done.stdout.splitlines():
        segments = SEGMENTS.search(line)
        found[line.split()[2]] = int(segments.group(1)) if segments else 0
    return found


def sleeps(pid):
    """How often its threads gave up the processor by themselves."""
    total = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        try:
            total += int(status.read_text().rsplit("\nvoluntary_ctxt_switches:", 1)[1].split()[0])
        except (OSError, IndexError):
            pass  # it has ended
    return total


class Counts:
    """From its making until sent() and until told(): what was counted between."""

    def __init__(self, stack):
        self.stack = stack
        self.meter = cpu.Meter(stack)
        self.before_sent = self._sent()
        self.before_told = database.counters(stack)
        self.until = 0.0

    def _sent(self):
        ports = {"round trips": "POSTGRES_PORT", "sends to RabbitMQ": "RABBITMQ_PORT"}
        found = {name: sent_to(self.stack.environment[port]) for name, port in ports.items()}
        pids = [(name, child) for name, pid in self.meter.pids.items()
                for child in (pid, *(cpu.children(pid) if name in ("postgres", "rabbitmq") else ()))]
        found["sleeps"] = {key: sleeps(key[1]) for key in pids}
        for name, (turns, items) in TURNS.items():
            part = self.stack.parts[name]
            found[f"{name}: turns"] = {name: part.metric(turns)}
            found[f"{name}: items"] = {name: part.metric(items)}
        return found

    def sent(self):
        """Right after a load: what counts at once, as {name: count}."""
        now = self._sent()
        self.until = time.monotonic() + SILENT_SECONDS
        found = {name: sum((collections.Counter(counts) - collections.Counter(self.before_sent[name])).values())
                 for name, counts in now.items()}
        for name in TURNS:
            turns, items = found[f"{name}: turns"], found.pop(f"{name}: items")
            found[f"{name}: turn size"] = items / turns if turns else 0.0
        return found

    def told(self):
        """The rest, once PostgreSQL's sessions have told: waits for it, so something else may run in between."""
        wait_until(lambda: time.monotonic() >= self.until, "the sessions' counts", SILENT_SECONDS + 10, every=0.1)
        now = database.counters(self.stack)
        return {name: getattr(now, name) - getattr(self.before_told, name) for name in ("commits", "flushes", "wal_bytes")}
