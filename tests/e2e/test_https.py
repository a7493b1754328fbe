"""The gateway as an HTTPS server: a second one beside the stack's, with a certificate, asked by curl, by Python's ssl and by
openssl's client, which can be told to speak badly."""

import contextlib
import http.client
import json
import pathlib
import resource
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

from support.metrics import metric
from support.second import SecondGateway
from support.stack import ROOT
from support.waiting import wait_until

ORDER = {"item_id": "product-selftest", "quantity": 1, "user_email": "fast@card.test"}
SLOW = {**ORDER, "user_email": "timeout-then-success@card.test"}


@pytest.fixture(autouse=True)
def everything_bound(subscriber):
    """Orders placed here are seen by the subscriber too: the final audit wants their events."""


def make_certificate(folder):
    subprocess.run([ROOT / "deploy/certs", "--folder", folder, "gateway"], check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certs")
    make_certificate(folder)
    return folder


@pytest.fixture(scope="module")
def gateway(stack, certs):
    with SecondGateway(stack, HTTPS_FOLDER=str(certs / "gateway"), CLIENT_TIMEOUT="3s") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def trusting(certs):
    return ssl.create_default_context(cafile=certs / "ca.crt")


def connect(gateway):
    return socket.create_connection(("127.0.0.1", gateway.port), timeout=10)


@pytest.fixture
def session(gateway, trusting):
    """A TLS connection, for saying whatever a test likes."""
    with trusting.wrap_socket(connect(gateway), server_hostname="localhost") as session:
        yield session


def serial(gateway, trusting):
    with trusting.wrap_socket(connect(gateway), server_hostname="localhost") as session:
        return session.getpeercert()["serialNumber"]


def curl(gateway, certs, *arguments, path="/health"):
    return subprocess.run(["curl", "-sS", "-i", "--cacert", certs / "ca.crt", *arguments, f"https://localhost:{gateway.port}{path}"],
                          capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("version", [("--tlsv1.2", "--tls-max", "1.2"), ("--tlsv1.3",)])
def test_an_order_by_https(gateway, certs, version):
    done = curl(gateway, certs, *version, "-d", json.dumps(ORDER), "-H", "Content-Type: application/json", path="/api/v1/orders")
    assert done.stdout.startswith("HTTP/1.1 202"), done


def test_browsers_come_back_by_https_only(gateway, certs):
    assert "Strict-Transport-Security" not in curl(gateway, certs).stdout, "localhost has other servers"
    done = curl(gateway, certs, "-H", f"Host: 127.0.0.1:{gateway.port}")
    assert "Strict-Transport-Security: max-age=31536000\n" in done.stdout.replace("\r", "")


def test_a_client_that_would_rather_speak_http2_speaks_http11(gateway, certs):
    assert curl(gateway, certs, "--http2").stdout.startswith("HTTP/1.1 200")


@pytest.mark.parametrize("told, why", [
    (("-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"), "protocol version"),
    (("-tls1_2", "-cipher", "AES128-GCM-SHA256"), "handshake failure"),
    (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"), "handshake failure"),
    (("-alpn", "h2"), "no application protocol")])
def test_a_bad_handshake_is_refused(gateway, told, why):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", *told], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and f"alert {why}" in done.stderr, done.stderr
    assert metric(gateway.admin, "ordersaga_https_handshakes_failed") > 0


def test_who_speaks_http_is_told_to_speak_https(gateway):
    with connect(gateway) as plain:
        plain.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b"".join(iter(lambda: plain.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400") and b'"HTTPS_ONLY"' in answer


def test_what_is_no_tls_at_all_is_dropped(gateway):
    with connect(gateway) as plain:
        plain.sendall(bytes(range(256)) * 20)
        with contextlib.suppress(ConnectionResetError):
            assert b"HTTP" not in plain.recv(4096)


def test_one_connection_serves_request_after_request(session):
    session.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3 + b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answers = b"".join(iter(lambda: session.recv(4096), b""))
    assert answers.count(b"HTTP/1.1 200 OK") == 4, "and the server said goodbye: a truncated end would have raised"


def test_a_request_that_stops_halfway_is_answered(session):
    session.sendall(b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
    assert session.recv(4096).startswith(b"HTTP/1.1 408")


def test_events_come_while_they_happen(gateway, trusting):
    connection = http.client.HTTPSConnection("localhost", gateway.port, context=trusting, timeout=20)
    connection.request("POST", "/api/v1/orders", json.dumps(SLOW))
    order = json.loads(connection.getresponse().read())["order_id"]
    connection.request("GET", f"/api/v1/orders/{order}/events")
    answer = connection.getresponse()
    assert answer.readline() == b"retry: 1000\n" and metric(gateway.admin, "ordersaga_http_streams") == 1
    assert b"event: outcome" in answer.read()


@pytest.mark.parametrize("path, name", [("/events", "ordersaga_http_streams"), ("", "ordersaga_http_requests_in_flight")])
def test_a_client_that_goes_is_noticed(gateway, trusting, stack, path, name):
    """An order whose payment is frozen, so that its events, and the answer that waits for its end, would take long."""
    stack.payment.signal(signal.SIGSTOP)
    try:
        connection = http.client.HTTPSConnection("localhost", gateway.port, context=trusting, timeout=20)
        connection.request("POST", "/api/v1/orders", json.dumps(ORDER))
        order = json.loads(connection.getresponse().read())["order_id"]
        connection.request("GET", f"/api/v1/orders/{order}{path}", headers={} if path else {"Prefer": "wait=60"})
        wait_until(lambda: metric(gateway.admin, name) == 1, "the request to be under way", 5)
        connection.close()
        wait_until(lambda: metric(gateway.admin, name) == 0, "the client's end to be noticed", 5)
    finally:
        stack.payment.signal(signal.SIGCONT)


def test_a_new_certificate_is_shown_under_load_and_a_bad_one_is_not(gateway, certs, trusting):
    stop, problems, served = threading.Event(), [], []
    def clients():
        while not stop.is_set():
            connection = http.client.HTTPSConnection("localhost", gateway.port, context=trusting, timeout=10)
            try:
                for _ in range(3):
                    connection.request("GET", "/livez")
                    served.append(connection.getresponse().read())
            except OSError as problem:
                problems.append(problem)
            finally:
                connection.close()
    threads = [threading.Thread(target=clients) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        first = serial(gateway, trusting)
        make_certificate(certs)
        wait_until(lambda: serial(gateway, trusting) != first, "the new certificate to be shown", 5)
        second = serial(gateway, trusting)
        folder = pathlib.Path(certs / "gateway").resolve()
        good = (folder / "tls.crt").read_bytes()
        (folder / "tls.crt").write_text("no certificate\n")
        done = len(served)
        wait_until(lambda: len(served) > done + 200, "two hundred answers more", 30)
        assert serial(gateway, trusting) == second
        (folder / "tls.crt").write_bytes(good)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not problems
    assert metric(gateway.admin, "ordersaga_https_certificate_expires_timestamp_seconds") > time.time() + 29 * 86400
    print(f"{len(served)} requests served by three clients, three to a connection, none failed")


def test_handshakes_that_never_end_keep_nobody_out(gateway, certs):
    """Two thousand from eight addresses: half say nothing, half begin. Places go to whoever comes later."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4000:
        pytest.skip(f"4,000 file descriptors are needed, {hard} allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 8000), hard), hard))
    began = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    with contextlib.ExitStack() as idle:
        for number in range(2000):
            connection = idle.enter_context(socket.socket())
            connection.bind((f"127.0.1.{number % 8 + 1}", 0))
            connection.settimeout(10)
            connection.connect(("127.0.0.1", gateway.port))
            if number % 2:
                with contextlib.suppress(OSError):
                    connection.sendall(began)
        started = time.monotonic()
        done = curl(gateway, certs)
        assert done.stdout.startswith("HTTP/1.1 200"), done
        print(f"served after {time.monotonic() - started:.2f} s beside {metric(gateway.admin, 'ordersaga_http_connections'):.0f} "
              f"handshakes, {gateway.megabytes():.0f} MB")
        assert gateway.megabytes() < 400


@pytest.mark.parametrize("spoil, why", [
    (lambda folder: (folder / "tls.key").unlink(), "https_folder has no private key in"),
    (lambda folder: (folder / "tls.crt").write_text(""), "https_folder has no certificate in"),
    (lambda folder: subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / "tls.key"], check=True),
     "https_folder has a key that is not the certificate's")])
def test_a_gateway_without_a_certificate_to_show_does_not_start(stack, tmp_path, spoil, why):
    make_certificate(tmp_path)
    folder = (tmp_path / "gateway").resolve()
    spoil(folder)
    done = subprocess.run([stack.build_dir / "bin/gateway", "--server-port", "0", "--admin-port", "0", "--https-folder", folder],
                          env={}, capture_output=True, text=True, timeout=20)
    assert done.returncode != 0 and why in done.stderr + done.stdout, done
