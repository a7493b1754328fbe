"""compose.yaml as its users run it, by podman, with this build's programs in the image of deploy/container/Dockerfile: up,
three scenarios through port 8080, a crash, down. PostgreSQL and RabbitMQ are stand-ins from Debian's packages."""

import json
import re
import urllib.request

import psycopg2
import pytest

from support.clients import Rest
from support.containers import PROGRAMS, SERVICES, CannotRun, Compose
from support.stack import ROOT
from support.waiting import wait_until


def test_the_image_is_built_with_every_folder_that_cmake_wants():
    """This file's images take the programs as they are built; only the release lane runs the Dockerfile's compiler."""
    wanted = set(re.findall(r"^add_subdirectory\((\w+)", (ROOT / "CMakeLists.txt").read_text(), re.M))
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert wanted <= kept, wanted - kept


@pytest.fixture(scope="module")
def compose(tmp_path_factory):
    with Compose(tmp_path_factory.mktemp("compose"), PAYMENT_LATENCY="20ms", PAYMENT_DECLINE_RATE="0") as compose:
        try:
            compose.prepare()
        except CannotRun as why:
            pytest.skip(str(why))
        compose.up()
        yield compose


@pytest.fixture(scope="module")
def shop(compose):
    return Rest(compose)


def story(compose, order_id):
    lines = compose.compose("logs", "orchestrator").splitlines()
    return [line.split()[3] for line in lines if f"order_id={order_id}" in line]



@pytest.mark.parametrize("item_id, quantity, status, last", [
    ("product-001", 2, "COMPLETED", ["payment.successful", "inventory.successful", "order.completed"]),
    ("product-001", 999, "CANCELLED", ["payment.successful", "inventory.failed", "payment.refunded", "order.cancelled"]),
    ("invalid-product", 1, "CANCELLED", ["payment.successful", "inventory.failed", "payment.refunded", "order.cancelled"])])
def test_a_scenario_of_the_demo(compose, shop, item_id, quantity, status, last):
    order_id = shop.place(item_id, quantity, "customer@example.com")
    assert shop.wait_ended(order_id) == status
    assert [event for event in story(compose, order_id) if event in last] == last


def as_client(key):
    return {"Authorization": f"Bearer {key}"}


def test_whatever_the_demo_did_not_have_needs_a_key(compose, shop):
    assert shop.call("GET", "/health").status == 200
    refused = shop.call("GET", "/api/v1/orders")
    assert refused.status == 401 and refused.json["code"] == "UNAUTHENTICATED"
    key = compose.sagactl("keys", "create", "--client", "acme", "--scope", "orders:read", "--scope", "operate").stdout.strip()
    wait_until(lambda: shop.call("GET", "/api/v1/orders", headers=as_client(key)).status == 200, "the key to be known")
    assert "COMPLETED" in compose.sagactl("list", key=key).stdout
    nobody = compose.sagactl("list", check=False)
    assert nobody.returncode != 0 and "key" in nobody.stderr, nobody


def test_nothing_between_the_containers_goes_in_the_clear(compose):
    with psycopg2.connect(host="127.0.0.1", port=compose.port("POSTGRES_PORT"), dbname="postgres", user="postgres",
                          password="postgres") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT usename, ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE client_addr IS NOT NULL")
        assert set(cursor.fetchall()) == {("postgres", True), *((f"{name}_db", True) for name in
                                                               ("orders", "payment", "inventory", "notification"))}
    listed = json.loads(compose.program("rabbitmq", "rabbitmqctl", "--formatter", "json", "-q", "list_connections", "ssl").stdout)
    assert listed and all(connection["ssl"] for connection in listed)


@pytest.mark.parametrize("service", PROGRAMS)
def test_a_program_has_its_own_key_and_no_other(compose, service):
    mounts = {mount["Destination"]: mount for mount in compose.inspected(compose.container(service))["Mounts"]}
    tls = mounts["/tls"]
    assert tls["Name"] == f"{compose.project}_tls-{PROGRAMS[service].removesuffix('-service')}" and not tls["RW"]
    assert not [place for place in mounts if "authority" in mounts[place].get("Name", "")]


def test_a_program_that_crashes_is_started_again_and_its_order_ends(compose, shop):
    compose.kill("payment-service")
    order_id = shop.place("product-002", 5, "customer@example.com")
    assert shop.wait_ended(order_id, 60) == "COMPLETED"
    assert compose.program("payment-service", "payment-service", "health").stdout == "payment-service: ready\n"


def test_the_books_balance(compose):
    compose.sagactl("audit")


@pytest.mark.parametrize("port, database", [("POSTGRES_PORT", "orders_db"), ("POSTGRES_PORT_2", "inventory_db")])
def test_the_databases_are_where_the_demo_had_them(compose, port, database):
    with psycopg2.connect(host="127.0.0.1", port=compose.port(port), dbname=database, user=database,
                          password=database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM schema_migrations")
        assert cursor.fetchone()[0] > 0


def test_rabbitmq_answers_where_the_demo_had_it(compose):
    request = urllib.request.Request(f"http://127.0.0.1:{compose.port('RABBITMQ_MANAGEMENT_PORT')}/api/exchanges/%2F",
                                     headers={"Authorization": "Basic YWRtaW46YWRtaW4="})
    def exchanges():
        with urllib.request.urlopen(request, timeout=10) as answer:
            return {exchange["name"] for exchange in json.load(answer)}
    wait_until(lambda: {"orders", "payments", "inventory"} <= exchanges(), "the exchanges to be declared")


@pytest.mark.parametrize("service", SERVICES)
def test_only_loopback_is_published(compose, service):
    ports = compose.inspected(compose.container(service))["NetworkSettings"]["Ports"]
    assert {binding["HostIp"] for bindings in ports.values() for binding in bindings or ()} <= {"127.0.0.1"}


@pytest.mark.parametrize("service", PROGRAMS)
def test_a_program_runs_with_few_rights_and_a_memory_limit(compose, service):
    inspected = compose.inspected(compose.container(service))
    host = inspected["HostConfig"]
    assert (host["ReadonlyRootfs"], host["Memory"], host["RestartPolicy"]["Name"]) == (True, 2**30, "always")
    assert inspected["Config"]["User"] == "10001:10001"
    assert not inspected["EffectiveCaps"]


def test_what_was_there_is_there_after_down_and_up(compose, shop):
    order_id = shop.place("product-002", 1, "customer@example.com")
    assert shop.wait_ended(order_id) == "COMPLETED"
    compose.down()
    compose.up()
    assert shop.status(order_id) == "COMPLETED"
    compose.sagactl("audit")
