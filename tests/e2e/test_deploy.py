"""The scripts a person types, as far as they can be tried without a second machine."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess

import psycopg2
import pytest

from support.stack import ROOT, Stack, free_ports
from support.waiting import wait_until

SCRIPTS = ("deploy/up", "deploy/down", "deploy/status", "deploy/logs", "deploy/part", "deploy/deb", "deploy/release", "deploy/sbom",
           "tests/run")
BUILD = os.environ.get("ORDERSAGA_BUILD_DIR", ROOT / "build")


# Of each program one at least, and those that deploy/up once overlooked.
CHANGES = {"TURN_SIZE": "100", "BACKOFF_INITIAL": "300ms", "BACKOFF_CAP": "20s", "HEARTBEAT": "16s",
           "LONGEST_WAIT": "50s", "CLIENT_TIMEOUT": "9s", "EVENT_RETRY": "6s", "ADVERTISE_ADDRESS": "localhost:1", "GATEWAY_BIND_ADDRESS": "127.0.0.3",
           "PAYMENT_SEED": "other", "SMTP_PASSWORD": "secret", "LOG_LEVEL": "warn", "MEMORY_LIMIT_MB": "900"}


def run(*command, **environment):
    return subprocess.run([str(ROOT / command[0]), *command[1:]], env={**os.environ, **environment}, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=120)


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_shows_usage_and_examples(script):
    done = run(script, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout and "Examples:" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_wrong_argument_is_explained(script, tmp_path):
    done = run(script, "--no-such-thing", STACK_DIR=str(tmp_path / "stack"))
    assert done.returncode == 2, done
    assert "--help" in done.stderr


def test_a_taken_port_is_named_with_its_holder_and_its_variable(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = run("deploy/part", "start", "postgres", STACK_DIR=str(tmp_path / "stack"), POSTGRES_PORT=str(port))
    assert done.returncode == 1
    assert str(port) in done.stderr and "POSTGRES_PORT=" in done.stderr and "pid " in done.stderr


def test_status_and_down_of_nothing(tmp_path):
    folder = str(tmp_path / "nothing")
    assert run("deploy/status", STACK_DIR=folder).returncode == 3
    assert run("deploy/down", STACK_DIR=folder).returncode == 0
    assert not pathlib.Path(folder).exists()


def test_status_of_a_running_stack(stack):
    done = subprocess.run([str(ROOT / "deploy/status")], env=stack.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(" ready ") == 7


def test_replicas_come_are_remembered_and_go(stack, rest, subscriber):
    """On the running stack: what has not changed goes on running."""
    environment = {name: value for name, value in stack.environment.items() if name != "ORCHESTRATOR_REPLICAS"}

    def script(name, *arguments):
        done = subprocess.run([str(ROOT / "deploy" / name), *arguments], env={**environment, "QUIET": "0"}, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    both = f"127.0.0.1:{environment['ORCHESTRATOR_PORT']},127.0.0.1:{environment['ORCHESTRATOR_2_PORT']}"
    try:
        assert both in script("up", "--no-build", "--no-order", "--replicas", "2")
        assert script("status").count(" ready ") == 8
        assert "orchestrator-2" in script("logs")
        assert f"127.0.0.1:{environment['ORCHESTRATOR_2_PORT']}" in script("part", "url", "orchestrator-2")
        assert both in script("up", "--no-build", "--no-order"), "the number of replicas is forgotten"
        script("part", "stop", "orchestrator")
        assert rest.wait_ended(rest.place("product-selftest", 1)) == "COMPLETED", "the other does not do the work"
        script("part", "start", "orchestrator")
    finally:
        script("up", "--no-build", "--no-order", "--replicas", "1")
    assert script("status").count(" ready ") == 7
    last_words = (stack.folder / "log" / "orchestrator-2.log").read_text().splitlines()[-1]
    assert "stopped" in last_words, "it was not asked politely"


def test_a_number_of_replicas_that_cannot_be_is_refused(tmp_path):
    for number in ("0", "9", "two", ""):
        done = run("deploy/up", "--replicas", number, STACK_DIR=str(tmp_path / "stack"))
        assert done.returncode == 2 and "1 to 8" in done.stderr, done
    assert run("deploy/up", "--replicas", STACK_DIR=str(tmp_path / "stack")).returncode == 2


def settings_of(stack, **changed):
    """What deploy/up compares, of each of our programs."""
    script = f'source {ROOT}/deploy/lib/stack.sh; for part in "${{SERVICES[@]}}"; do part_settings "$part"; done'
    done = subprocess.run(["bash", "-c", script], env={**stack.environment, **changed}, text=True, check=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return done.stdout.split("\n")


def test_every_change_of_a_setting_is_seen(stack):
    plain = settings_of(stack)
    assert settings_of(stack) == plain == settings_of(stack, PAYMENT_SEED="ordersaga", NO_SUCH_SETTING="1")
    for name, value in CHANGES.items():
        assert settings_of(stack, **{name: value}) != plain, f"{name} is overlooked"


def test_up_restarts_what_has_changed_and_refuses_what_cannot_be(stack, mended):
    def up(**changed):
        return subprocess.run([str(ROOT / "deploy/up"), "--no-build", "--no-order"], env={**stack.environment, **changed},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    before = {name: part.pid for name, part in stack.parts.items()}
    refused = up(EVENT_RETRY="never", TURN_SIZE="0")
    assert refused.returncode == 1 and "event_retry, from" in refused.stderr and "turn_size, from" in refused.stderr
    assert {name: part.pid for name, part in stack.parts.items()} == before
    assert up(EVENT_RETRY="6s").returncode == 0
    after = {name: part.pid for name, part in stack.parts.items()}
    assert {name for name in before if before[name] != after[name]} == {"orchestrator"}
    assert up().returncode == 0


@pytest.mark.parametrize("script", [("deploy/up", "--no-build"), ("deploy/part", "start", "payment")])
def test_only_loopback_is_listened_on_unless_a_part_is_named(script, tmp_path):
    folder = str(tmp_path / "stack")
    done = run(*script, STACK_DIR=folder, BIND_ADDRESS="0.0.0.0")
    assert done.returncode == 2 and "GATEWAY_BIND_ADDRESS" in done.stderr, done
    done = run(*script, STACK_DIR=folder, PAYMENT_BIND_ADDRESS="10.0.0.1")
    assert done.returncode == 2 and "PAYMENT_BIND_ADDRESS must be" in done.stderr, done
    done = run(*script, STACK_DIR=folder, GATEWAY_BIND_ADDRESS="0.0.0.0")
    assert done.returncode == 2 and "GATEWAY_BIND_ADDRESS=0.0.0.0 deploy/up --secure" in done.stderr, done
    assert not pathlib.Path(folder).exists()


def test_starting_a_part_that_waits_keeps_no_other_from_starting():
    """Payment waits for its database, which is started meanwhile."""
    with Stack() as stack:
        stack.postgres.start()
        stack.postgres.stop()
        waiting = subprocess.Popen([str(ROOT / "deploy/part"), "start", "payment"], env=stack.environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            wait_until(lambda: stack.payment.pid, "payment to run")
            status = subprocess.run([str(ROOT / "deploy/status")], env=stack.environment, capture_output=True, text=True)
            lines = status.stdout.splitlines()
            line = next(number for number, line in enumerate(lines) if line.startswith("payment"))
            assert "not ready" in lines[line] and lines[line + 1].startswith("    ") and lines[line + 2][0] != " ", status.stdout
            assert waiting.poll() is None
            subprocess.run([str(ROOT / "deploy/part"), "start", "postgres"], env=stack.environment, check=True,
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
            assert waiting.wait(timeout=20) == 0, waiting.stdout.read()
        finally:
            waiting.kill()
            waiting.communicate()


def test_postgres_starts_again_although_backends_outlived_it():
    """As after kill -9 of the server: a backend that is busy, or stopped, does not notice."""
    with Stack() as stack:
        stack.postgres.start()
        server = stack.postgres.pid
        connection = psycopg2.connect(stack.postgres.url)
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        os.kill(server, signal.SIGKILL)
        wait_until(lambda: stack.postgres.pid is None, "the server to be dead")
        stack.postgres.start(wait=False)
        stack.postgres.wait_ready()
        assert stack.postgres.pid not in (None, server)
        assert not pathlib.Path(f"/proc/{backend}").exists()
        connection.close()


def test_start_says_so_if_postgres_does_not_start():
    with Stack() as stack:
        stack.postgres.start()
        stack.postgres.stop()
        (stack.folder / "postgres" / "data" / "local.conf").write_text("no_such_setting = 1\n")
        (stack.folder / "postgres" / "data" / "local.conf").chmod(0o644)
        done = subprocess.run([str(ROOT / "deploy/part"), "start", "--no-wait", "postgres"], env=stack.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "no_such_setting" in done.stderr, done


@pytest.mark.skipif(os.geteuid() != 0, reason="not root")
def test_root_gives_itself_up_where_others_cannot_enter(tmp_path):
    """As in a checkout below /root: neither the stack's folder nor that of the programs can be passed through."""
    tmp_path.chmod(0o700)
    with Stack() as stack:
        programs = tmp_path / "bin"
        programs.mkdir(0o755)
        shutil.copy(pathlib.Path(stack.environment["BIN_DIR"]) / "payment-service", programs)
        stack.environment.update(STACK_DIR=str(tmp_path / "stack"), BIN_DIR=str(programs))
        try:
            stack.start("postgres", "payment")
            folder = pathlib.Path(f"/proc/{stack.postgres.pid}/cwd").readlink().parents[1]
            assert str(folder).startswith("/var/lib/ordersaga/")
            for part in (stack.postgres, stack.payment):
                assert pathlib.Path(f"/proc/{part.pid}").stat().st_uid != 0
        finally:
            stack.close()
        assert not folder.exists()


def test_logs_of_one_and_of_all_parts(stack, rest, subscriber):
    order_id = rest.place("product-selftest", 1)
    rest.wait_ended(order_id)
    done = subprocess.run([str(ROOT / "deploy/logs"), "-n", "2000"], env=stack.environment, capture_output=True, text=True)
    speakers = {line.split("|")[0].strip() for line in done.stdout.splitlines() if order_id in line}
    assert speakers >= {"orchestrator", "payment", "inventory"}, speakers
    one = subprocess.run([str(ROOT / "deploy/logs"), "payment"], env=stack.environment, capture_output=True, text=True)
    assert {line.split("|")[0].strip() for line in one.stdout.splitlines()} == {"payment"}


def test_a_stale_pid_file_is_noticed():
    with Stack() as stack:
        (stack.folder / "run").mkdir()
        (stack.folder / "run" / "postgres.pid").write_text("1 12345\n")  # pid 1 lives, but began at another time
        assert stack.postgres.pid is None
        stack.postgres.start()
        assert stack.postgres.pid > 1


def test_free_ports_are_free_and_distinct():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))


def test_the_bill_of_materials_names_what_the_programs_link(tmp_path):
    environment = {**os.environ, "DESTDIR": str(tmp_path)}
    subprocess.run(["cmake", "--install", BUILD, "--prefix", "/usr"], check=True,
                   env=environment, capture_output=True, timeout=60)
    bill = json.loads(run("deploy/sbom", str(tmp_path)).stdout)
    packages = {package["name"]: package for package in bill["packages"]}
    assert {"ordersaga", "libpq5", "librabbitmq4", "libc6"} <= set(packages)
    assert packages["ordersaga"]["versionInfo"] == bill["name"].removeprefix("ordersaga-")
    installed = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "libpq5"], capture_output=True, text=True, check=True)
    assert packages["libpq5"]["versionInfo"] == installed.stdout
    ids = {package["SPDXID"] for package in packages.values()}
    assert len(ids) == len(packages) and all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", name) for name in ids)
    assert {link["relatedSpdxElement"] for link in bill["relationships"]} == ids


@pytest.mark.parametrize("name", ["gateway", "orchestrator", "payment", "inventory", "notification"])
def test_what_the_packages_suggest_as_settings_is_taken(tmp_path, name):
    suggested = re.sub(r"^#(\w+ = )", r"\1", (ROOT / f"deploy/debian/{name}.toml").read_text(), flags=re.M)
    (tmp_path / "settings.toml").write_text(suggested)
    program = re.search(r"Settings of ([\w-]+)\.", suggested)[1]
    done = subprocess.run([f"{BUILD}/bin/{program}", "--config", tmp_path / "settings.toml", "--print-config"], env={},
                          capture_output=True, text=True, timeout=10)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"{key} = " in done.stdout for key in re.findall(r"^(\w+) = ", suggested, re.M))
