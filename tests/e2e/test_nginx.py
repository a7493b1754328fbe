"""examples/nginx.conf as it stands, its addresses and certificate apart, by Debian's nginx in front of the stack's gateway."""

import http.client
import json
import shutil
import signal
import ssl
import subprocess
import time

import pytest

from support.stack import ROOT, free_ports
from support.waiting import wait_until

ORDER = {"item_id": "product-selftest", "quantity": 1, "user_email": "timeout-then-success@card.test"}
AROUND = """daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ }}
http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; include {folder}/ordersaga.conf; }}
"""


@pytest.fixture(autouse=True)
def everything_bound(subscriber):
    """Orders placed here are seen by the subscriber too: the final audit wants their events."""


@pytest.fixture(scope="module")
def proxy(stack, tmp_path_factory):
    """Its port, and what a client of it believes."""
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    subprocess.run([ROOT / "deploy/certs", "--folder", folder, "gateway"], check=True, capture_output=True, timeout=60)
    port, = free_ports(1)
    text = (ROOT / "examples/nginx.conf").read_text()
    for said, meant in (("127.0.0.1:8080", f"127.0.0.1:{stack.gateway.port()}"), ("listen 443", f"listen 127.0.0.1:{port}"),
                        ("/etc/ssl/orders", str(folder / "gateway")), ("orders.example.com", "localhost")):
        assert said in text
        text = text.replace(said, meant)
    (folder / "ordersaga.conf").write_text(text)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([nginx, "-p", folder, "-c", folder / "nginx.conf"], stdin=subprocess.DEVNULL)
    trusting = ssl.create_default_context(cafile=folder / "ca.crt")
    def answers():
        assert process.poll() is None, (folder / "error.log").read_text()
        try:
            return ask(port, trusting, "GET", "/health").status == 200
        except OSError:
            return False
    try:
        wait_until(answers, "nginx to serve")
        yield port, trusting
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(20)


def ask(port, trusting, method, path, body=None, **headers):
    connection = http.client.HTTPSConnection("localhost", port, context=trusting, timeout=30)
    connection.request(method, path, body and json.dumps(body), headers)
    return connection.getresponse()


def test_events_pass_as_they_happen(proxy, stack):
    """The order waits for payment, which is frozen: what comes until then has been let through, not collected."""
    stack.payment.signal(signal.SIGSTOP)
    try:
        order = json.loads(ask(*proxy, "POST", "/api/v1/orders", ORDER).read())["order_id"]
        stream = ask(*proxy, "GET", f"/api/v1/orders/{order}/events")
        assert stream.readline() == b"retry: 1000\n"
        stack.payment.signal(signal.SIGCONT)
        assert b"event: outcome" in stream.read()
    finally:
        stack.payment.signal(signal.SIGCONT)


def test_an_answer_may_take_its_time(proxy):
    started = time.monotonic()
    answer = ask(*proxy, "POST", "/api/v1/orders", ORDER, Prefer="wait=20")
    assert json.loads(answer.read())["status"] == "COMPLETED"
    print(f"answered after {time.monotonic() - started:.1f} s")


def test_a_client_that_goes_is_noticed_behind_the_proxy(proxy, stack):
    stack.payment.signal(signal.SIGSTOP)
    try:
        order = json.loads(ask(*proxy, "POST", "/api/v1/orders", ORDER).read())["order_id"]
        stream = ask(*proxy, "GET", f"/api/v1/orders/{order}/events")
        wait_until(lambda: stack.gateway.metric("ordersaga_http_streams") == 1, "the stream to be open")
        stream.close()
        wait_until(lambda: stack.gateway.metric("ordersaga_http_streams") == 0, "its end to be noticed", 10)
    finally:
        stack.payment.signal(signal.SIGCONT)


def test_browsers_come_back_by_https_only(proxy):
    assert ask(*proxy, "GET", "/health").headers["Strict-Transport-Security"] == "max-age=31536000"
