"""Steps of the schema as an operator takes them: `migrate` of every program, MIGRATE=off, a role that owns nothing, and
programs beside a database that is newer or older."""

import json
import os
import pathlib
import subprocess

import psycopg2
import pytest

from support.clients import Rest
from support.stack import ROOT, Stack
from support.waiting import wait_until

BUILD = pathlib.Path(os.environ.get("ORDERSAGA_BUILD_DIR", ROOT / "build"))
DATABASES = {"orchestrator": "orders_db", "payment-service": "payment_db", "inventory-service": "inventory_db",
             "notification-service": "notification_db"}
NOWHERE = "postgres://nobody:nothing@127.0.0.1:1/nothing"


def run(program, *arguments, seconds=30, **environment):
    return subprocess.run([BUILD / "bin" / program, *arguments], env={"PATH": os.environ["PATH"], **environment},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)


# --- what needs no database ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("program", [*DATABASES, "../tests/bin/loyalty-service"])
def test_help_has_examples_and_exit_codes(program):
    shown = run(program, "migrate", "--help")
    assert shown.returncode == 0
    for text in ("--plan", "--apply", "--check", "Examples:", f"{pathlib.Path(program).name} migrate --plan -o json", "Exit codes: 0 ok"):
        assert text in shown.stdout, shown.stdout


@pytest.mark.parametrize("arguments", [(), ("--plan", "--check"), ("--plan", "-o", "yaml"), ("--undo",)])
def test_what_makes_no_sense_is_refused(arguments):
    done = run("payment-service", "migrate", *arguments)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done


def test_the_setting_takes_two_words():
    done = run("payment-service", MIGRATE="perhaps")
    assert (done.returncode, done.stderr) == (
        2, 'payment-service: migrate, from environment MIGRATE: must be auto or off (is "perhaps")\n')


@pytest.mark.parametrize("question", ["--plan", "--check"])
def test_a_database_that_cannot_be_asked(question):
    done = run("payment-service", "migrate", question, DATABASE_URL=NOWHERE)
    assert done.returncode == 5 and done.stderr.startswith("payment-service: ") and "refused" in done.stderr, done


def test_applying_waits_for_the_database_until_it_is_told_to_end():
    applying = subprocess.Popen([BUILD / "bin/payment-service", "migrate", "--apply"], env={"DATABASE_URL": NOWHERE},
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert applying.stderr.readline().startswith("payment-service: waiting: ")
    applying.terminate()
    assert applying.wait(10) != 0


# --- one stack, from nothing -----------------------------------------------------------------------------------------

class Database:
    def __init__(self, stack, name):
        self.url = stack.database_url(name)

    def do(self, sql, *values):
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows

    def add_step(self, name, kind):
        self.do("INSERT INTO schema_migrations (name, checksum, kind) VALUES (%s, 'x', %s)", name, kind)


@pytest.fixture(scope="module")
def stack():
    with Stack(MIGRATE="off", LEASE="2s", BACKOFF_INITIAL="50ms", BACKOFF_CAP="500ms") as stack:
        stack.start("postgres", "rabbitmq")
        yield stack


@pytest.fixture
def payment(stack):
    database = Database(stack, "payment_db")
    yield database
    database.do("DELETE FROM schema_migrations WHERE checksum = 'x'")


def migrate(stack, program, *arguments, **environment):
    return run(program, "migrate", *arguments, DATABASE_URL=stack.database_url(DATABASES[program]), **environment)


def start(stack, **environment):
    """Payment by itself, until it ends or is ready."""
    return run("payment-service", DATABASE_URL=stack.database_url("payment_db"), SERVER_PORT="0", ADMIN_PORT="0", seconds=20,
               **environment)


def test_a_program_that_may_run_no_ddl_refuses_an_empty_database(stack):
    done = start(stack, MIGRATE="off")
    assert done.returncode == 2 and "the database is empty: type `payment-service migrate --apply`" in done.stdout, done
    assert Database(stack, "payment_db").do("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


@pytest.mark.parametrize("program", DATABASES)
def test_from_nothing_to_a_schema(stack, program):
    plan = migrate(stack, program, "--plan")
    assert plan.returncode == 0 and f"The database is at version 0, {program} knows version " in plan.stdout
    steps = json.loads(migrate(stack, program, "--plan", "-o", "json").stdout)["steps"]
    assert steps and all(f"{step['name']} " in plan.stdout and step["what"] in plan.stdout for step in steps)
    check = migrate(stack, program, "--check")
    assert (check.returncode, check.stderr) == (1, f"{program}: the database is empty: type `{program} migrate --apply`\n")

    applied = migrate(stack, program, "--apply")
    assert applied.returncode == 0, applied
    assert [line.split()[:2] for line in applied.stdout.splitlines()] == [[step["name"], step["kind"]] for step in steps]
    assert migrate(stack, program, "--apply").stdout == f"{program}: there is nothing to apply\n"
    check = migrate(stack, program, "--check")
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def runtime_role(stack, database):
    """As docs/deploying.md has it. The URL, as a file that our programs may read."""
    role, owner = f"{database}_app", Database(stack, database)
    superuser = psycopg2.connect(subprocess.run([ROOT / "deploy/part", "url", "postgres"], env=stack.environment, check=True,
                                                capture_output=True, text=True).stdout.strip())
    superuser.autocommit = True
    superuser.cursor().execute(f"CREATE ROLE {role} LOGIN PASSWORD 'app'")
    superuser.close()
    page = (ROOT / "docs/deploying.md").read_text()
    statements = [line for line in page.split("```sql\n")[1].split("```")[0].splitlines() if line.startswith(("GRANT", "ALTER"))]
    assert len(statements) == 5
    for statement in statements:
        owner.do(statement.replace("payment_app", role).replace("payment_db", database))
    file = stack.folder / f"{role}.url"
    file.write_text(owner.url.replace(f"//{database}:{database}@", f"//{role}:app@") + "\n")
    file.chmod(0o644)
    return str(file)


def test_programs_work_as_roles_that_own_nothing(stack):
    for part, database in (("payment", "payment_db"), ("inventory", "inventory_db"), ("notification", "notification_db"),
                           ("orchestrator", "orders_db")):
        stack.parts[part].settings["DATABASE_URL_FILE"] = runtime_role(stack, database)
    stack.start()
    rest = Rest(stack)
    assert rest.wait_ended(rest.place("product-selftest", 1)) == "COMPLETED"
    assert rest.wait_ended(rest.place("product-001", 999)) == "CANCELLED"
    orders = Database(stack, "orders_db")
    wait_until(lambda: orders.do("SELECT count(*) FROM outbox_segments")[0][0] > 0, "a segment for events", 20)
    assert orders.do("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'") == [("orders_db",)]
    assert "could not be tidied" not in stack.orchestrator.log
    users = orders.do("SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'orchestrator'")
    assert users == [("orders_db_app",)]
    url = pathlib.Path(stack.payment.settings["DATABASE_URL_FILE"]).read_text().strip()
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        psycopg2.connect(url).cursor().execute("CREATE TABLE mine (n integer)")


@pytest.mark.parametrize("mode", ["auto", "off"])
@pytest.mark.parametrize("steps", [["9001_later.sql"], ["9001_later.sql", "9002_later.sql"]])
def test_unknown_expands_work(stack, payment, mode, steps):
    for step in steps:
        payment.add_step(step, "expand")
    stack.payment.restart(MIGRATE=mode)
    rest = Rest(stack)
    assert rest.wait_ended(rest.place("product-selftest", 1)) == "COMPLETED"
    assert migrate(stack, "payment-service", "--check").returncode == 0
    assert json.loads(migrate(stack, "payment-service", "--plan", "-o", "json").stdout)["unknown"] == steps


def test_an_unknown_contract_is_refused(stack, payment):
    payment.add_step("9001_gone.sql", "contract")
    done = start(stack)
    assert done.returncode == 2 and "9001_gone.sql, may have taken away what it needs" in done.stdout, done
    applied = migrate(stack, "payment-service", "--apply")
    assert applied.returncode == 1 and "start a program of schema version" in applied.stderr, applied


def test_a_database_one_step_older_works_for_those_who_may_run_no_ddl(stack, payment):
    newest = payment.do("DELETE FROM schema_migrations WHERE ctid = (SELECT max(ctid) FROM schema_migrations) RETURNING *")[0]
    try:
        check = migrate(stack, "payment-service", "--check", MIGRATE="off")
        assert check.returncode == 0 and f"{newest[0]} is to be applied: type" in check.stderr, check
        assert migrate(stack, "payment-service", "--check").returncode == 1
        stack.payment.restart()
        rest = Rest(stack)
        assert rest.wait_ended(rest.place("product-selftest", 1)) == "COMPLETED"
    finally:
        payment.do("INSERT INTO schema_migrations VALUES (%s, %s, %s, %s)", *newest)


def test_a_database_of_an_unreleased_version_is_refused(stack, payment):
    first = payment.do("SELECT min(name) FROM schema_migrations")[0][0]
    payment.do("UPDATE schema_migrations SET name = 'of_old.sql' WHERE name = %s", first)
    try:
        done = start(stack)
        assert done.returncode == 2 and "made by an unreleased version: its migration of_old.sql" in done.stdout, done
    finally:
        payment.do("UPDATE schema_migrations SET name = %s WHERE name = 'of_old.sql'", first)
