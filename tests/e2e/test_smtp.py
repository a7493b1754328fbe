"""E-mails by SMTP, against a real SMTP server (aiosmtpd) that behaves as badly as mail servers do. The notification
service runs alone: no broker, no orchestrator, no other service."""

import asyncio
import email
import email.policy
import subprocess
import ssl
import uuid

import grpc as grpclib
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from support.clients import Grpc
from support.stack import Stack, free_ports
from support.waiting import wait_until

TIMEOUT = "700ms"


class MailServer:
    """Keeps what it accepts. `script`: what to do with the next mails, one word each; afterwards all are accepted."""

    def __init__(self, port, **options):
        self.mails = []
        self.script = []
        self.peers = set()
        self.logins = []
        self.port = port
        self.options = options
        if "auth_required" in options:
            self.options["authenticator"] = self.authenticator
        self.start()

    def start(self):
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, server_kwargs=self.options)
        self.controller.start()

    def stop(self):
        if self.controller is not None:
            self.controller.stop(no_assert=True)
            self.controller = None

    def authenticator(self, _server, _session, _envelope, _mechanism, data):
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=self.logins[-1] == ("shop", "secret"), handled=False)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if self.script and self.script[0] == "no such user":
            self.script.pop(0)
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mood = self.script.pop(0) if self.script else "accept"
        self.peers.add(session.peer)
        if mood == "busy":
            return "451 4.3.0 try again later"
        if mood == "refuse":
            return "554 5.7.1 refused"
        if mood == "hang":
            await self.controller.loop.create_future()
        if mood == "late":
            await asyncio.sleep(1)
        self.mails.append(envelope)
        if mood == "drop":  # accepted, and nobody hears of it
            server.transport.abort()
        return "250 OK"

    def about(self, order_id):
        return [bytes(mail.content) for mail in self.mails if order_id.encode() in mail.content]

    def message(self, number=-1):
        return email.message_from_bytes(self.mails[number].content, policy=email.policy.default)


@pytest.fixture(scope="module")
def alone():
    with Stack() as stack:
        stack.start("postgres", "notification")
        yield stack


@pytest.fixture
def grpc(alone):
    client = Grpc(alone)
    yield client
    client.close()


def start_server(alone, grpc, settings, **options):
    server = MailServer(free_ports(1)[0], **options)
    alone.notification.restart(SMTP_URL=f"smtp://127.0.0.1:{server.port}", SMTP_TIMEOUT=TIMEOUT, **settings)
    grpclib.channel_ready_future(grpc.channels["notification"]).result(20)
    return server


@pytest.fixture
def mail_server(alone, grpc):
    server = start_server(alone, grpc, {"SMTP_TLS": "off", "SMTP_CONNECTIONS": "1"})
    yield server
    server.stop()


def notice(grpc, **fields):
    saga = str(uuid.uuid4())
    given = {"idempotency_key": f"{saga}/notification/action", "order_id": saga, "user_email": "you@example.com",
             "kind": grpc.notification_pb.NOTIFICATION_KIND_REFUNDED,
             "lines": [grpc.common_pb.Line(item_id="product-001", quantity=999)],
             "total": grpc.common_pb.Money(amount_minor=4995000, currency="USD"),
             "refunded": grpc.common_pb.Money(amount_minor=4995000, currency="USD"),
             "reason": "OUT_OF_STOCK", "message": "product-001: 999 requested, 100 available", **fields}
    return grpc.notification_pb.NotifyRequest(**given)


def test_a_mail_arrives_with_its_message_id(grpc, mail_server):
    answer = grpc.notification.Notify(notice(grpc), timeout=10)
    assert answer.outcome == grpc.common_pb.OUTCOME_APPLIED
    [envelope] = mail_server.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("orders@ordersaga.example", ["you@example.com"])
    message = mail_server.message()
    assert message["Message-ID"] == answer.message_id
    text = message.get_content()
    assert "49950.00 USD" in text and "OUT_OF_STOCK" in text and "999 requested" in text


def test_many_mails_share_a_connection(grpc, mail_server):
    for _ in range(10):
        grpc.notification.Notify(notice(grpc), timeout=10)
    assert len(mail_server.mails) == 10
    assert len(mail_server.peers) == 1, mail_server.peers


def test_no_value_can_add_a_header_a_recipient_or_an_end(grpc, mail_server):
    evil = "x\r\nBcc: victim@example.com\r\n\r\n.\r\nQUIT\r\nMAIL FROM:<a@b.example>"
    grpc.notification.Notify(notice(grpc, reason=evil, message=evil), timeout=10)
    [envelope] = mail_server.mails
    message = mail_server.message()
    assert envelope.rcpt_tos == ["you@example.com"]
    assert message["Bcc"] is None
    assert sorted(message.keys()) == sorted([
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
        "X-Order-Id", "X-Notification"])
    assert message.get_content().rstrip().endswith("Thank you for shopping with us.")


@pytest.mark.parametrize("address", ["a@b.example\r\nBcc: c@d.example", "a@b.example>, <c@d.example", "two words@b.example"])
def test_what_is_not_one_address_is_refused(grpc, mail_server, address):
    with pytest.raises(grpclib.RpcError) as error:
        grpc.notification.Notify(notice(grpc, user_email=address), timeout=10)
    assert error.value.code() == grpclib.StatusCode.INVALID_ARGUMENT
    assert not mail_server.mails


@pytest.mark.parametrize("mood, copies", [("busy", 1), ("refuse", 1), ("no such user", 1), ("hang", 1), ("drop", 2)])
def test_a_failure_is_unavailable_and_a_repeat_is_the_same_mail(grpc, mail_server, mood, copies):
    mail_server.script = [mood]
    request = notice(grpc)
    with pytest.raises(grpclib.RpcError) as error:
        grpc.notification.Notify(request, timeout=10)
    assert error.value.code() == grpclib.StatusCode.UNAVAILABLE, error.value
    state = grpc.notification.GetEffect(
        grpc.common_pb.GetEffectRequest(idempotency_key=request.idempotency_key), timeout=10).effect.state
    assert state == grpc.common_pb.EFFECT_STATE_IN_PROGRESS

    answer = grpc.notification.Notify(request, timeout=10)
    again = grpc.notification.Notify(request, timeout=10)
    assert answer == again and answer.outcome == grpc.common_pb.OUTCOME_APPLIED
    # Only a mail whose acceptance was lost can arrive twice, and then it is recognisable.
    arrived = mail_server.about(request.order_id)
    assert len(arrived) == copies
    assert len(set(arrived)) == 1 and answer.message_id.encode() in arrived[0]


def test_a_late_answer_is_never_taken_for_that_of_the_next_mail(grpc, mail_server):
    mail_server.script = ["late", "refuse"]
    with pytest.raises(grpclib.RpcError):
        grpc.notification.Notify(notice(grpc), timeout=10)
    with pytest.raises(grpclib.RpcError):
        grpc.notification.Notify(notice(grpc), timeout=10)
    assert not mail_server.script
    assert len(mail_server.peers) == 2


def test_a_mail_server_that_is_away_and_comes_back(alone, grpc, mail_server):
    request = notice(grpc)
    mail_server.stop()
    with pytest.raises(grpclib.RpcError) as error:
        grpc.notification.Notify(request, timeout=10)
    assert error.value.code() == grpclib.StatusCode.UNAVAILABLE
    mail_server.start()
    assert grpc.notification.Notify(request, timeout=10).outcome == grpc.common_pb.OUTCOME_APPLIED


def test_a_restart_sends_what_was_under_way(alone, grpc, mail_server):
    mail_server.script = ["hang"]
    request = notice(grpc)
    pending = grpc.notification.Notify.future(request, timeout=10)
    wait_until(lambda: not mail_server.script, "the mail server to hang")
    alone.notification.kill()
    alone.notification.start(SMTP_URL=f"smtp://127.0.0.1:{mail_server.port}", SMTP_TLS="off",
                             SMTP_TIMEOUT=TIMEOUT)
    assert pending.exception() is not None
    wait_until(lambda: mail_server.mails, "the mail to be sent without anybody asking again")
    assert mail_server.message()["X-Order-Id"] == request.order_id


@pytest.fixture(scope="module")
def certificate(alone):
    folder = alone.folder / "tls"  # where notification can read it
    folder.mkdir(0o755)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key.pem"),
                    "-out", str(folder / "cert.pem")], check=True, capture_output=True)
    (folder / "cert.pem").chmod(0o644)
    return folder


def tls_server(alone, grpc, certificate, **settings):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server = MailServer(free_ports(1)[0], tls_context=context, require_starttls=True, auth_required=True)
    alone.notification.restart(SMTP_URL=f"smtp://127.0.0.1:{server.port}", SMTP_TIMEOUT="3s",
                               SMTP_USER="shop", **settings)
    grpclib.channel_ready_future(grpc.channels["notification"]).result(20)
    return server


def test_starttls_and_login(alone, grpc, certificate):
    server = tls_server(alone, grpc, certificate, SMTP_PASSWORD="secret", SMTP_CA_FILE=str(certificate / "cert.pem"))
    try:
        assert grpc.notification.Notify(notice(grpc), timeout=10).outcome == grpc.common_pb.OUTCOME_APPLIED
        assert server.logins[-1] == ("shop", "secret")
        assert len(server.mails) == 1
    finally:
        server.stop()
    assert "secret" not in alone.notification.log


@pytest.mark.parametrize("settings", [{"SMTP_PASSWORD": "wrong"}, {"SMTP_PASSWORD": "secret", "SMTP_CA_FILE": ""}],
                         ids=["wrong password", "certificate of a stranger"])
def test_a_login_or_certificate_that_is_wrong_sends_nothing(alone, grpc, certificate, settings):
    server = tls_server(alone, grpc, certificate, **{"SMTP_CA_FILE": str(certificate / "cert.pem"), **settings})
    try:
        with pytest.raises(grpclib.RpcError) as error:
            grpc.notification.Notify(notice(grpc), timeout=10)
        assert error.value.code() == grpclib.StatusCode.UNAVAILABLE
        assert not server.mails
    finally:
        server.stop()


def test_a_server_without_tls_gets_no_mail_unless_told_so(alone, grpc):
    server = start_server(alone, grpc, {})
    try:
        with pytest.raises(grpclib.RpcError):
            grpc.notification.Notify(notice(grpc), timeout=10)
        assert not server.mails
    finally:
        server.stop()


def test_a_password_in_the_clear_is_refused_at_the_start(alone):
    binary = alone.build_dir / "bin" / "notification-service"
    done = subprocess.run([binary, "--smtp-url", "smtp://127.0.0.1:25", "--smtp-tls", "off", "--smtp-user", "shop"],
                          env=alone.environment, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2 and "smtp_user needs smtp_tls=required" in done.stderr
