"""Passwords and addresses are seen by the stack's user only: not in logs, errors or --print-config, not by ps, not in files."""

import os
import pathlib
import stat
import subprocess

import pytest

from support.clients import Rest
from support.stack import ROOT, Stack

SECRET = "hunterseven"
DATABASE_PROGRAMS = ("orchestrator", "payment-service", "inventory-service", "notification-service")
# Passwords that would break a URL if they were not escaped. (RabbitMQ's stands in a file of its own syntax.)
AWKWARD = {"ORDERS_DB_PASSWORD": "or@der/s?x=%ZZ&'\"é", "PAYMENT_DB_PASSWORD": "pay:ment#1 2",
           "INVENTORY_DB_PASSWORD": "in+vent@ory", "NOTIFICATION_DB_PASSWORD": "no/ti\\fy", "RABBITMQ_PASSWORD": "rab@b/it%2F:1"}
MISTYPED = (f"postgress://ada:{SECRET}@127.0.0.1/x", f"postgress://ada:{SECRET}@127.0.0.1/x?sslmode=disable",
            f'"postgres://ada:{SECRET}@127.0.0.1/x"', f"postgres://ada:%ZZ{SECRET}@127.0.0.1/x",
            f"postgres://ada:a@{SECRET}@127.0.0.1/x", f"postgres://ada:a/{SECRET}@127.0.0.1/x",
            f"host=127.0.0.1 password=a {SECRET}")
SHOWN = (f"postgres://ada:{SECRET}@127.0.0.1/x?sslmode=disable", f"postgres://ada@127.0.0.1/x?password={SECRET}",
         f"host=127.0.0.1 user=ada password={SECRET}", f"host=127.0.0.1 password='a {SECRET}' user=ada")


def run(program, *arguments, **environment):
    build = pathlib.Path(os.environ.get("ORDERSAGA_BUILD_DIR", ROOT / "build"))
    return subprocess.run([str(build / "bin" / program), *arguments], env={"PATH": os.environ["PATH"], **environment},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)


def is_refused(done, setting):
    assert done.returncode == 2, done
    assert f"{setting}, from" in done.stderr and "must be" in done.stderr, done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("program", DATABASE_PROGRAMS)
def test_a_mistyped_database_url_ends_the_program_and_is_not_shown(program, tmp_path):
    for url in MISTYPED:
        is_refused(run(program, DATABASE_URL=url), "database_url")
    is_refused(run(program, "--database-url", MISTYPED[0]), "database_url")
    secret = tmp_path / "url"
    secret.write_text(MISTYPED[0] + "\n")
    is_refused(run(program, DATABASE_URL_FILE=str(secret)), "database_url")
    mistyped_flag = run(program, f"--database_url={SHOWN[0]}")
    assert mistyped_flag.returncode == 2 and SECRET not in mistyped_flag.stdout + mistyped_flag.stderr


@pytest.mark.parametrize("program", DATABASE_PROGRAMS)
def test_print_config_hides_the_password_in_every_form(program):
    for url in SHOWN:
        done = run(program, "--print-config", DATABASE_URL=url)
        assert done.returncode == 0 and "password=***" in done.stdout, done
        assert SECRET not in done.stdout + done.stderr


def test_bad_urls_are_reported_together_and_not_shown():
    done = run("orchestrator", DATABASE_URL=MISTYPED[0], RABBITMQ_URL=f"http://ada:{SECRET}@127.0.0.1/", LEASE="x")
    is_refused(done, "database_url")
    assert "rabbitmq_url, from environment RABBITMQ_URL" in done.stderr
    assert "lease, from environment LEASE" in done.stderr
    for url in (f"smtp://ada:{SECRET}@127.0.0.1:25", f"smpt://ada:{SECRET}@127.0.0.1:25", f"ada:{SECRET}@127.0.0.1"):
        is_refused(run("notification-service", SMTP_URL=url), "smtp_url")


@pytest.fixture(scope="module")
def awkward():
    with Stack(**AWKWARD) as stack:
        stack.start()
        rest = Rest(stack)
        assert rest.wait_ended(rest.place("product-selftest", 1)) == "COMPLETED"
        yield stack


def test_awkward_passwords_work_and_stand_in_no_log_and_no_argument(awkward):
    secrets = [*AWKWARD.values(), (awkward.folder / "postgres" / "superuser.password").read_text().strip()]
    for log in (awkward.folder / "log").iterdir():
        text = log.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in text], log
    for part in awkward.parts.values():
        arguments = pathlib.Path(f"/proc/{part.pid}/cmdline").read_text(errors="replace")
        assert not [secret for secret in secrets if secret in arguments], part.name
    up = subprocess.run([str(ROOT / "deploy" / "up"), "--no-build", "--no-order"], env={**awkward.environment, "QUIET": "0"},
                        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert up.returncode == 0 and not [secret for secret in secrets if secret in up.stdout + up.stderr], up


def test_files_are_the_users_alone(awkward):
    """If root started it, other users' programs pass through the stack's folder and PostgreSQL's, but cannot list them."""
    subprocess.run([str(ROOT / "deploy" / "up"), "--no-build", "--no-order"], env=awkward.environment, check=True,
                   stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    folders = {name: awkward.folder / name for name in ("run", "log", "mail", "postgres", "rabbitmq")}
    for name, folder in folders.items():
        allowed = 0o011 if name == "postgres" and os.geteuid() == 0 else 0
        assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == allowed, name
    files = [path for folder in folders.values() for path in folder.iterdir() if path.is_file()]
    names = {path.name for path in files}
    assert {"settings", "payment.settings", "payment.log", "superuser.password", "rabbitmq.conf"} < names, names
    assert [path for path in files if path.suffix == ".eml"]
    assert [path for path in files if path.stat().st_mode & 0o077] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="not root")
def test_root_gives_itself_up(awkward):
    for part in awkward.parts.values():
        assert pathlib.Path(f"/proc/{part.pid}").stat().st_uid != 0, part.name
        status = pathlib.Path(f"/proc/{part.pid}/status").read_text()
        assert "CapEff:\t0000000000000000" in status, part.name
    owners = {path.owner() for path in (awkward.folder / "mail").iterdir()}
    assert owners == {"ordersaga"}
