"""Another orchestrator or gateway beside the stack's, told what that one was told except for what a test changes."""

import pathlib
import re
import subprocess

from .metrics import metric
from .stack import SHARDS, free_ports
from .waiting import wait_until


def environment_of(pid):
    with open(f"/proc/{pid}/environ", encoding="utf-8") as environ:
        return dict(entry.split("=", 1) for entry in environ.read().split("\0") if "=" in entry)


class Second:
    def __init__(self, stack, first, program, **settings):
        self.port, self.admin = free_ports(2)
        environment = {**environment_of(first.pid), "SERVER_PORT": str(self.port), "ADMIN_PORT": str(self.admin), **settings}
        self.process = subprocess.Popen([str(stack.build_dir / "bin" / program)], env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(40) == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class SecondOrchestrator(Second):
    def __init__(self, stack, **settings):
        super().__init__(stack, stack.orchestrator, "orchestrator", **settings)

    def wait_holds_all(self, seconds=30):
        wait_until(lambda: self._shards() == SHARDS, "the second orchestrator to hold all shards", seconds)

    def _shards(self):
        try:
            return metric(self.admin, "ordersaga_shards_owned")
        except (OSError, AssertionError):
            return 0  # it is only starting


class SecondGateway(Second):
    """It serves when this returns."""

    def __init__(self, stack, **settings):
        super().__init__(stack, stack.gateway, "gateway", **settings)
        wait_until(self._serves, "the second gateway to serve", 20)

    def _serves(self):
        assert self.process.poll() is None, "the second gateway has ended"
        try:
            return metric(self.admin, "ordersaga_http_connections") >= 0
        except OSError:
            return False

    def megabytes(self):
        """Of memory, now."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024
