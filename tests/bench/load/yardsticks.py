"""What the machine does with the bare parts: the units a run's figures are compared with."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile

TABLE = "DROP TABLE IF EXISTS bench; CREATE TABLE bench (id bigint PRIMARY KEY, body text NOT NULL)"
INSERT = ("\\set id random(1, 9000000000000000)\n"
          f"INSERT INTO bench VALUES (:id, '{'x' * 200}') ON CONFLICT DO NOTHING;\n")
POST = ('wrk.method = "POST"\nwrk.body = "{}"\nwrk.headers["Content-Type"] = "application/json"\n')


def measure(stack, seconds):
    """Commits of one row (16 clients, and one alone), HTTP requests that the gateway refuses at once, bare gRPC calls
    (128 in flight, and one alone) and confirmed persistent messages."""
    for tool in ("pgbench", "wrk"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is needed")
    with tempfile.TemporaryDirectory() as folder:
        result = {**commits(stack, pathlib.Path(folder), seconds), **http(stack, pathlib.Path(folder), seconds)}
    tool = str(stack.build_dir / "tests" / "bin" / "bench-yardstick")
    result.update(json.loads(output(tool, "rpc", str(seconds))))
    result.update(json.loads(output(tool, "amqp", stack.amqp_url, str(seconds))))
    return result


def drift(before, after):
    """The largest change of a rate, as a share."""
    return max(abs(after[key] / before[key] - 1) for key in before if key.endswith("per_s"))


def commits(stack, folder, seconds):
    url = stack.database_url("payment_db")
    script = folder / "insert.sql"
    script.write_text(INSERT)
    output("psql", url, "-qc", TABLE)

    def rate(clients):
        text = output("pgbench", "-n", "-M", "prepared", "-f", str(script), "-c", str(clients), "-j", "2", "-T",
                      str(max(1, round(seconds))), url)
        return float(re.search(r"tps = ([0-9.]+)", text).group(1))
    result = {"commits_per_s": rate(16), "commit_ms": 1000 / rate(1)}
    output("psql", url, "-qc", "DROP TABLE bench")
    return result


def http(stack, folder, seconds):
    script = folder / "post.lua"
    script.write_text(POST)
    text = output("wrk", "-t1", "-c32", f"-d{max(1, round(seconds))}s", "-s", str(script), f"{stack.rest_url}/api/v1/orders")
    return {"http_per_s": float(re.search(r"Requests/sec:\s*([0-9.]+)", text).group(1))}


def output(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed: {done.stderr}")
    return done.stdout
