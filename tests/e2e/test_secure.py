"""deploy/up --secure: mutual TLS, API keys and roles that own nothing. Who may do what, tried from outside with every kind of
credential against every method and route of docs/security.md; and keys and certificates that change under load."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request

import grpc
import psycopg2
import pytest

from support import stubs
from support.clients import Rest
from support.secure import ORDER, SCOPES, Secure
from support.stack import ROOT
from support.waiting import wait_until

PACKAGES = {"OrderService": "order.v1.order", "SagaAdminService": "saga.v1.saga_admin",
            "OperatorLogService": "saga.v1.operator_log", "DoctorService": "saga.v1.doctor", "EventService": "event.v1.event",
            "IdentityService": "identity.v1.identity", "PaymentService": "payment.v1.payment",
            "RefundService": "payment.v1.payment", "InventoryService": "inventory.v1.inventory",
            "NotificationService": "notification.v1.notification"}
SERVED_BY = {"PaymentService": "payment", "RefundService": "payment", "InventoryService": "inventory",
             "NotificationService": "notification"}
PROGRAMS = ("orchestrator", "gateway", "payment", "inventory", "notification", "sagactl")
LIBFAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
REFUSED = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)


@pytest.fixture(scope="module")
def secure():
    secure = Secure()
    try:
        secure.first = secure.up()
        yield secure
    finally:
        secure.stack.close()


@pytest.fixture(scope="module")
def acme(secure):
    return secure.key("acme", "orders:write", "orders:read")[1]


def rows(heading):
    """[(name, programs, scopes or None for anybody)] of a table of docs/security.md."""
    page = (ROOT / "docs/security.md").read_text().split(heading)[1].split("\n\n")[0]
    for line in page.splitlines()[2:]:
        name, programs, scopes = (cell.strip() for cell in line.strip("|").split("|"))
        def listed(cell):
            return set() if cell == "-" else set(cell.split(", "))
        yield name.strip("`"), listed(programs), None if scopes == "anybody" else listed(scopes)


METHODS = list(rows("| method | programs | keys with one of |"))
ROUTES = list(rows("| route | programs | keys with one of |"))


def call(channel, service, method, key=None):
    """The status of an empty request."""
    module = stubs.pb(f"ordersaga.{PACKAGES[service]}")
    described = module.DESCRIPTOR.services_by_name[service].methods_by_name[method]
    make = channel.unary_stream if described.server_streaming else channel.unary_unary
    ask = make(f"/{described.containing_service.full_name}/{method}", request_serializer=bytes, response_deserializer=bytes)
    metadata = [("authorization", f"Bearer {key}")] if key else []
    try:
        answer = ask(b"", timeout=10, metadata=metadata)
        if described.server_streaming:
            next(iter(answer), None)
            answer.cancel()
        return grpc.StatusCode.OK
    except grpc.RpcError as problem:
        return problem.code()


def test_the_first_administrators_key_is_shown_once(secure):
    keys = re.findall(r"osk_[0-9a-f]{12}_[0-9a-f]{64}", secure.first)
    assert len(keys) == 1
    assert secure.sagactl("list", key=keys[0]).returncode == 0
    assert keys[0] not in secure.up(), "and never again"


@pytest.mark.parametrize("who", [*PROGRAMS, None])
def test_every_method_is_for_the_programs_of_the_table(secure, who):
    wrong = []
    for part in ("orchestrator", "payment", "inventory", "notification"):
        with secure.channel(who, part) as channel:
            for name, programs, _ in METHODS:
                service, method = name.split("/")
                if SERVED_BY.get(service, "orchestrator") != part:
                    continue
                code = call(channel, service, method)
                if (code not in REFUSED) != (who in programs):
                    wrong.append((name, who, code))
    assert not wrong


def test_every_method_is_for_the_scopes_of_the_table(secure):
    keys = {scope: secure.key(f"only-{scope.replace(':', '-')}", scope)[1] for scope in SCOPES}
    wrong = []
    for part in ("orchestrator", "payment", "inventory", "notification"):
        with secure.channel(None, part) as channel:
            for name, _, scopes in METHODS:
                service, method = name.split("/")
                if SERVED_BY.get(service, "orchestrator") != part:
                    continue
                for scope, key in keys.items():
                    code = call(channel, service, method, key)
                    if (code not in REFUSED) != (scope in scopes):
                        wrong.append((name, scope, code))
    assert not wrong
    for name, _, scopes in ROUTES:
        method, path = name.split(" ")
        path = path.replace("{order_id}", "01900000-0000-7000-8000-000000000000").replace("{product_id}", "product-001")
        assert (secure.ask(method, path, None, {} if method == "POST" else None).status != 401) == (scopes is None), name
        for scope, key in keys.items():
            status = secure.ask(method, path, key, {} if method == "POST" else None).status
            assert (status not in (401, 403)) == (scopes is None or scope in scopes), (name, scope, status)


def test_a_client_has_its_own_orders_keys_and_lists(secure, acme):
    _, other = secure.key("other", "orders:write", "orders:read")
    _, reader = secure.key("watchers", "orders:read:all")
    mine, theirs = secure.place(acme, "1"), secure.place(other, "1")
    assert mine != theirs
    assert secure.place(acme, "1") == mine
    assert secure.ask("GET", f"/api/v1/orders/{theirs}", acme).status == 404
    assert secure.ask("GET", f"/api/v1/orders/{theirs}/events", acme).status == 404
    assert secure.ask("POST", f"/api/v1/orders/{theirs}/cancel", acme, {"reason": "not mine"}).status == 404
    assert secure.ask("GET", f"/api/v1/orders/{theirs}?expand=saga,payment,events", acme).status == 404
    def listed(key):
        return {order["id"] for order in secure.ask("GET", "/api/v1/orders?limit=100", key).json["data"]}
    assert mine in listed(acme) and theirs not in listed(acme)
    assert {mine, theirs} <= listed(reader)
    assert secure.ask("GET", f"/api/v1/orders/{mine}?expand=saga,payment,events", acme).status == 200


def test_a_repeat_across_a_rotation_makes_no_second_order(secure):
    key_id, old = secure.key("rotating", "orders:write", "orders:read")
    order = secure.place(old, "once")
    done = secure.sagactl("keys", "rotate", key_id, "--grace", "8s")
    assert done.returncode == 0, done.stderr
    new = done.stdout.strip()
    wait_until(lambda: secure.who(new) == 200, "the new secret to be known", 10)
    assert secure.place(new, "once") == order == secure.place(old, "once")
    wait_until(lambda: secure.who(old) == 401, "the old secret to end with its grace", 30)
    assert secure.place(new, "once") == order


def test_a_revoked_key_is_dead_within_half_a_minute(secure):
    key_id, key = secure.key("leaving", "orders:write", "orders:read")
    assert secure.sagactl("keys", "revoke", key_id).returncode == 0
    revoked = time.monotonic()
    wait_until(lambda: secure.who(key) == 401, "the key to be dead", 30)
    print(f"dead after {time.monotonic() - revoked:.1f} s")
    with secure.channel(None, "orchestrator") as channel:
        assert call(channel, "OrderService", "GetOrder", key) == grpc.StatusCode.UNAUTHENTICATED
    assert secure.sagactl("keys", "revoke", key_id).returncode == 3
    listed = json.loads(secure.sagactl("keys", "list", "--all", "-o", "json").stdout)["keys"]
    assert [key["revoked_by"] for key in listed if key["id"] == key_id] == ["sagactl"]


def test_a_stream_ends_with_its_key(secure):
    """The order waits for payment, which is frozen, so that its stream would go on."""
    key_id, key = secure.key("listening", "orders:write", "orders:read")
    secure.stack.payment.signal(signal.SIGSTOP)
    try:
        order = secure.place(key)
        request = urllib.request.Request(f"{secure.stack.rest_url}/api/v1/orders/{order}/events",
                                         headers={"Authorization": f"Bearer {key}"})
        with urllib.request.urlopen(request, timeout=60, context=secure.stack.https) as stream:
            assert stream.readline() == b"retry: 1000\n"
            assert secure.sagactl("keys", "revoke", key_id).returncode == 0
            revoked = time.monotonic()
            assert b"event: outcome" not in stream.read()
            print(f"ended after {time.monotonic() - revoked:.1f} s")
            assert time.monotonic() - revoked < 30
    finally:
        secure.stack.payment.signal(signal.SIGCONT)


def test_who_cancelled_stands_in_the_journal(secure, acme):
    secure.stack.payment.signal(signal.SIGSTOP)
    try:
        order = secure.place(acme)
        assert secure.ask("POST", f"/api/v1/orders/{order}/cancel", acme, {"reason": "too dear"}).status == 202
        _, operator = secure.key("ops", "operate")
        journal = json.loads(secure.sagactl("show", order, "-o", "json", key=operator).stdout)["journal"]
        assert [entry["detail"] for entry in journal if entry["event"] == "cancel requested"] == [
            f"key {acme.split('_')[1]} of acme: too dear"]
    finally:
        secure.stack.payment.signal(signal.SIGCONT)


def test_a_key_that_has_expired_is_none(secure):
    _, key = secure.key("guest", "orders:read", more=("--expires", "4s"))
    wait_until(lambda: secure.who(key) == 401, "the key to expire", 30)


@pytest.mark.parametrize("sent", ["Bearer", "Bearer ", "Bearer osk_", "Basic YTpi", "bearer osk_x", "Bearer " + "x" * 4000,
                                  "Bearer osk_" + "0" * 12 + "_" + "0" * 64, "Bearer osk_" + "g" * 12 + "_" + "0" * 64])
def test_what_is_no_key_is_refused(secure, sent):
    answer = Rest(secure.stack).call("GET", "/api/v1/orders", None, {"Authorization": sent})
    assert answer.status == 401 and answer.json["code"] == "UNAUTHENTICATED" and answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_client_that_asks_too_often_is_told_when_to_come_back(secure):
    secure.stack.gateway.restart(CLIENT_RATE="5")
    try:
        _, one = secure.key("hasty", "orders:read")
        _, other = secure.key("patient", "orders:read")
        answers = [secure.ask("GET", "/api/v1/orders", one) for _ in range(40)]
        refused = [answer for answer in answers if answer.status == 429]
        assert 20 <= len(refused) <= 32 and {answer.json["code"] for answer in refused} == {"TOO_MANY_REQUESTS"}
        assert refused[0].headers["Retry-After"] == "1" and refused[0].headers["RateLimit-Policy"] == '"client";q=10;w=2'
        assert secure.ask("GET", "/api/v1/orders", other).status == 200
        wait_until(lambda: secure.ask("GET", "/api/v1/orders", one).status == 200, "its rate to let it in again", 5)
    finally:
        secure.stack.gateway.settings.clear()
        secure.stack.gateway.restart()


def test_a_client_may_have_so_many_orders_under_way(secure):
    _, busy = secure.key("busy", "orders:write", "orders:read")
    _, other = secure.key("idle", "orders:write")
    secure.stack.orchestrator.restart(MAX_OPEN_PER_CLIENT="3")
    secure.stack.payment.signal(signal.SIGSTOP)
    def placed(key):
        return secure.ask("POST", "/api/v1/orders", key, ORDER)
    try:
        wait_until(lambda: placed(busy).status != 503, "the orchestrator to be back", 20)
        wait_until(lambda: placed(busy).status == 429, "the bound to be reached", 5)
        refused = placed(busy)
        assert refused.json["code"] == "TOO_MANY_OPEN_ORDERS" and refused.headers["Retry-After"] == "1"
        assert placed(other).status == 202
        secure.stack.payment.signal(signal.SIGCONT)
        wait_until(lambda: placed(busy).status == 202, "its orders to end", 20)
    finally:
        secure.stack.payment.signal(signal.SIGCONT)
        secure.stack.orchestrator.settings.clear()
        secure.stack.orchestrator.restart()


def test_orders_without_a_key_are_adopted_by_one(secure, acme):
    with secure.channel("gateway", "orchestrator") as channel:
        pb = stubs.pb("ordersaga.order.v1.order")
        common = stubs.pb("ordersaga.common.v1.common")
        stub = stubs.rpc("ordersaga.order.v1.order").OrderServiceStub(channel)
        shared = stub.PlaceOrder(pb.PlaceOrderRequest(idempotency_key="k", user_email="fast@card.test", lines=[
            common.Line(item_id="product-selftest", quantity=1)]), timeout=10).order_id
    assert secure.ask("GET", f"/api/v1/orders/{shared}", acme).status == 404
    done = secure.sagactl("keys", "create", "--adopt-shared", "--scope", "orders:write", "--scope", "orders:read")
    adopter = done.stdout.strip()
    wait_until(lambda: secure.who(adopter) == 200, "the key to be known", 10)
    assert secure.ask("GET", f"/api/v1/orders/{shared}", adopter).status == 200
    assert secure.place(adopter, "k") == shared, "its keys are the client's, too"


def test_nothing_is_said_in_the_clear(secure):
    for part in ("orchestrator", "payment", "inventory", "notification"):
        with grpc.insecure_channel(f"127.0.0.1:{secure.stack.parts[part].port()}") as channel:
            assert call(channel, "OrderService", "GetOrder") == grpc.StatusCode.UNAVAILABLE
    with pytest.raises(psycopg2.OperationalError, match="no encryption|no pg_hba.conf entry"):
        psycopg2.connect(f"postgresql://orders_db:x@127.0.0.1:{secure.stack.environment['POSTGRES_PORT']}/orders_db?sslmode=disable")
    with socket.create_connection(("127.0.0.1", secure.stack.rabbitmq.port()), timeout=5) as broker:
        broker.sendall(b"AMQP\x00\x00\x09\x01")
        assert b"connection" not in broker.recv(100)


@pytest.fixture
def folder_of(secure, tmp_path):
    """A folder with a certificate for the program: by another authority, for another name, or of another time."""
    def make(program, authority=None, faketime=None):
        if authority is not None:
            subprocess.run([ROOT / "deploy/certs", "--folder", tmp_path / "other", program], check=True, capture_output=True)
            target = tmp_path / "stranger"
            shutil.copytree(tmp_path / "other" / program, target)
            shutil.copy(secure.certs / "ca.crt", target / "ca.crt")
            return target
        copy = tmp_path / "ours"
        shutil.copytree(secure.certs / "authority", copy / "authority")
        shutil.copy(secure.certs / "ca.crt", copy / "ca.crt")
        subprocess.run([ROOT / "deploy/certs", "--folder", copy, "--days", "1", program], check=True, capture_output=True,
                       env={**os.environ, "LD_PRELOAD": str(LIBFAKETIME), "FAKETIME": faketime})
        return copy / program
    return make


def test_calls_that_are_refused_are_counted(secure):
    before = secure.stack.payment.metric("ordersaga_calls_refused")
    with secure.channel(None, "payment") as channel:
        assert call(channel, "PaymentService", "Charge") == grpc.StatusCode.UNAUTHENTICATED
    assert secure.stack.payment.metric("ordersaga_calls_refused") == before + 1


def test_a_certificate_by_another_authority_opens_nothing(secure, folder_of):
    with secure.channel("orchestrator", "payment", folder_of("orchestrator", authority="other")) as channel:
        assert call(channel, "PaymentService", "Charge") == grpc.StatusCode.UNAVAILABLE


def test_an_expired_certificate_opens_nothing(secure, folder_of):
    expired = folder_of("orchestrator", faketime="-3d")
    with secure.channel("orchestrator", "payment", expired) as channel:
        assert call(channel, "PaymentService", "Charge") == grpc.StatusCode.UNAVAILABLE


def test_sagactl_believes_the_right_program_only(secure):
    done = secure.sagactl("--address", secure.stack.payment.url, "keys", "list")
    assert done.returncode == 5 and "as orchestrator with a certificate that ca.crt knows" in done.stderr, done
    done = subprocess.run([secure.stack.build_dir / "bin/sagactl", "--address", secure.stack.orchestrator.url, "list"], env={},
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 5, "in the clear"


def database(secure, name, role):
    password = (secure.stack.folder / "secrets" / role).read_text().strip()
    connection = psycopg2.connect(host="localhost", port=secure.stack.environment["POSTGRES_PORT"], user=role, password=password,
                                  dbname=name, sslmode="verify-full", sslrootcert=str(secure.certs / "ca.crt"))
    connection.autocommit = True
    return connection


@pytest.mark.parametrize("name,statement", [
    ("payment_db", "CREATE TABLE mine (n integer)"), ("payment_db", "DROP TABLE transfers"),
    ("payment_db", "DELETE FROM transfers"), ("payment_db", "UPDATE transfers SET amount_minor = 1"),
    ("payment_db", "TRUNCATE transfers"), ("inventory_db", "DELETE FROM restocks"), ("orders_db", "DELETE FROM journal"),
    ("orders_db", "UPDATE journal SET detail = ''"), ("orders_db", "ALTER TABLE sagas ADD COLUMN mine text"),
    ("orders_db", "CREATE SCHEMA mine"), ("orders_db", "INSERT INTO schema_migrations (name, checksum) VALUES ('x', 'x')")])
def test_a_programs_role_owns_nothing_and_adds_only(secure, name, statement):
    with database(secure, name, f"{name}_app") as connection, connection.cursor() as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)


def test_a_programs_role_reaches_no_other_database(secure):
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        database(secure, "orders_db", "payment_db_app")


def test_certificates_change_under_load_and_nobody_notices(secure, acme):
    stop, problems, placed = threading.Event(), [], []
    def customers():
        while not stop.is_set():
            answer = secure.ask("POST", "/api/v1/orders", acme, ORDER)
            (placed if answer.status == 202 else problems).append(answer)
    threads = [threading.Thread(target=customers) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2):
            before = len(placed)
            done = subprocess.run(["bash", "-c", 'source "$1/deploy/lib/stack.sh" && stack_load_settings && umask 077 && for p in '
                                   'orchestrator gateway payment inventory notification; do '
                                   'certs_make "$(certs_folder)" $p 30 "$(certs_owner $p)"; done', "certs", str(ROOT)],
                                  env=secure.stack.environment, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
            # New connections with new certificates: one program after the other loses its own.
            wait_until(lambda: len(placed) > before + 50, "orders to go on", 30)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not problems, [problem.body for problem in problems[:3]]
    print(f"{len(placed)} orders placed, none refused")


def test_no_secret_stands_in_a_log_an_argument_or_an_answer(secure, acme):
    secrets = [path.read_text().strip() for path in (secure.stack.folder / "secrets").iterdir()] + [acme, acme.split("_")[2]]
    texts = {str(log): log.read_text(errors="replace") for log in (secure.stack.folder / "log").iterdir()}
    for part in secure.stack.parts.values():
        for name in ("cmdline", "environ"):
            texts[f"{part.name} {name}"] = pathlib.Path(f"/proc/{part.pid}/{name}").read_text(errors="replace")
    found = [(name, secret[:4]) for name, text in texts.items() for secret in secrets if secret in text]
    assert not found


@pytest.mark.parametrize("program", ["orchestrator", "gateway", "payment-service", "inventory-service", "notification-service",
                                     "sagactl"])
def test_programs_are_hardened(secure, program):
    def read(*flags):
        return subprocess.run(["readelf", "-W", *flags, secure.stack.build_dir / "bin" / program], capture_output=True, text=True,
                              check=True).stdout
    assert "DYN (Position-Independent Executable file)" in read("-h")
    assert "GNU_RELRO" in read("-l") and "BIND_NOW" in read("-d")
    symbols = read("--dyn-syms")
    assert "__stack_chk_fail" in symbols
