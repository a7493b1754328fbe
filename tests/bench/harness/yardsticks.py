"""What the machine does with the bare parts: the units a run's figures are compared with. Rates, latencies of one alone,
and the CPU of each unit in microseconds (server and client; of HTTP the server's only)."""

import json
import pathlib
import re
import resource
import subprocess
import tempfile

from . import cpu

TABLE = "DROP TABLE IF EXISTS bench; CREATE TABLE bench (id bigint PRIMARY KEY, body text NOT NULL)"
INSERT = ("\\set id random(1, 9000000000000000)\n"
          f"INSERT INTO bench VALUES (:id, '{'x' * 200}') ON CONFLICT DO NOTHING;\n")
POST = 'wrk.method = "POST"\nwrk.body = "{}"\nwrk.headers["Content-Type"] = "application/json"\n'


class Yardsticks:
    def __init__(self, stack, seconds):
        self.stack = stack
        self.seconds = max(1, round(seconds))
        self.tool = str(stack.build_dir / "tests" / "bin" / "bench-yardstick")
        self.found = {}

    def measure(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            self._commits(folder)
            self._http(folder)
        self._bare("rpc", "rpc", "128")
        self._bare("row", "rows", self.stack.database_url("payment_db"), "postgres")
        self._bare("amqp", "amqp", self.stack.amqp_url, "rabbitmq")
        self.found["rpc_ms"] = 1000 / self._run("rpc", "1")[0]["per_s"]
        return self.found

    def _commits(self, folder):
        """Single rows, prepared, each a transaction: 16 clients, and one alone."""
        url = self.stack.database_url("payment_db")
        script = folder / "insert.sql"
        script.write_text(INSERT)
        output("psql", url, "-qc", TABLE)

        def run(clients):
            command = ("pgbench", "-n", "-M", "prepared", "-f", str(script), "-c", str(clients), "-j", "2", "-T",
                       str(self.seconds), url)
            text, used, client = self._used("postgres", command)
            count = int(re.search(r"transactions actually processed: (\d+)", text).group(1))
            return float(re.search(r"tps = ([0-9.]+)", text).group(1)), 1e6 * (used + client) / count
        self.found["commits_per_s"], self.found["commit_us"] = run(16)
        self.found["commit_ms"] = 1000 / run(1)[0]
        output("psql", url, "-qc", "DROP TABLE bench")

    def _http(self, folder):
        """Requests that the gateway refuses at once."""
        script = folder / "post.lua"
        script.write_text(POST)

        def run(connections):
            text, used, _ = self._used("gateway", ("wrk", "-t1", f"-c{connections}", f"-d{self.seconds}s", "-s", str(script),
                                                   f"{self.stack.rest_url}/api/v1/orders"))
            count = int(re.search(r"(\d+) requests in", text).group(1))
            return float(re.search(r"Requests/sec:\s*([0-9.]+)", text).group(1)), 1e6 * used / count
        self.found["http_per_s"], self.found["http_us"] = run(32)
        self.found["http_ms"] = 1000 / run(1)[0]

    def _bare(self, name, what, argument, server=None):
        result, used = self._run(what, argument, server)
        self.found[f"{name}_per_s"] = result["per_s"]
        self.found[f"{name}_us"] = 1e6 * used / result["count"]

    def _run(self, what, argument, server=None):
        text, used, client = self._used(server, (self.tool, what, argument, str(self.seconds)))
        return json.loads(text), used + client

    def _used(self, server, command):
        """Its output, and the CPU seconds of a part of the stack and of the command itself."""
        meter = cpu.Meter(self.stack)
        before, client_before = meter.read(), children_cpu()
        text = output(*command)
        used = meter.read()[server] - before[server] if server else 0.0
        return text, used, children_cpu() - client_before


def children_cpu():
    """Of the processes that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def output(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed: {done.stderr}")
    return done.stdout
