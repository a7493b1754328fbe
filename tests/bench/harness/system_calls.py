"""How many system calls each program makes, as the kernel counts them for `perf stat`. Counting costs next to nothing, but only
root may, and not in every container."""

import shutil
import signal
import subprocess
import tempfile

from . import cpu

EVENT = "raw_syscalls:sys_enter"


def may_count():
    """Whether perf is there and may count them."""
    if not shutil.which("perf"):
        return False
    return subprocess.run(["perf", "stat", "-e", EVENT, "true"], capture_output=True, check=False).returncode == 0


class SystemCalls:
    """From its making until read()."""

    def __init__(self, stack):
        self.perfs = {}
        for name, pid in cpu.Meter(stack).pids.items():
            pids = [pid, *(cpu.children(pid) if name in ("postgres", "rabbitmq") else ())]
            output = tempfile.NamedTemporaryFile("r", prefix="ordersaga-perf.")  # pylint: disable=consider-using-with
            command = ["perf", "stat", "-x", ",", "-o", output.name, "-e", EVENT, "-p", ",".join(map(str, pids))]
            self.perfs[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL), output

    def read(self):
        """{program: count}"""
        found = {}
        for name, (process, output) in self.perfs.items():
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
            with output:
                lines = [line for line in output if EVENT in line]
            found[name] = int(lines[0].split(",")[0])
        return found
