"""A stack behind TLS and keys (deploy/up --secure), and everybody who may come to it."""

import json
import subprocess

import grpc

from .clients import Rest
from .stack import ROOT, Stack
from .waiting import wait_until

SCOPES = ("orders:write", "orders:read", "orders:read:all", "console:view", "support", "finance", "operate", "admin")
ORDER = {"item_id": "product-selftest", "quantity": 1, "user_email": "fast@card.test"}


class Secure:
    def __init__(self, stack=None):
        self.stack = stack or Stack()
        self.certs = self.stack.folder / "certs"

    def up(self):
        done = subprocess.run([ROOT / "deploy/up", "--secure", "--no-build", "--no-order"], stdin=subprocess.DEVNULL,
                              env={**self.stack.environment, "QUIET": "0"}, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        self.stack.environment["SECURE"] = "1"
        return done.stdout

    def sagactl(self, *arguments, key=None):
        command = [self.stack.build_dir / "bin/sagactl", *arguments]
        environment = {"SAGACTL_ADDRESS": self.stack.orchestrator.url, "TLS_FOLDER": str(self.certs / "sagactl"),
                       **({"SAGACTL_KEY": key} if key else {})}
        return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def key(self, client, *scopes, more=()):
        """A new key of the client's: (id, text). It works when this returns."""
        done = self.sagactl("keys", "create", "--client", client, *more, "-o", "json",
                            *(word for scope in scopes for word in ("--scope", scope)))
        assert done.returncode == 0, done.stderr
        made = json.loads(done.stdout)
        wait_until(lambda: self.who(made["key"]) == 200, "the key to be known", 10)
        return made["id"], made["key"]

    def ask(self, method, path, key=None, body=None, **headers):
        if key:
            headers["Authorization"] = f"Bearer {key}"
        return Rest(self.stack).call(method, path, body, headers)

    def who(self, key):
        """Whether the gateway knows the key: a route that any scope opens or refuses, but never for want of a key."""
        status = self.ask("GET", "/api/v1/products", key).status
        return 200 if status in (200, 403) else status

    def place(self, key, idempotency_key=None):
        answer = self.ask("POST", "/api/v1/orders", key, ORDER,
                          **({"Idempotency-Key": idempotency_key} if idempotency_key else {}))
        assert answer.status == 202, answer.body
        return answer.json["order_id"]

    def channel(self, program, part, folder=None):
        """To a part; with the program's certificate, or (None) with none. Python checks the name of the host."""
        folder = folder or self.certs / (program or "sagactl")
        def read(name):
            return (folder / name).read_bytes()
        credentials = grpc.ssl_channel_credentials(read("ca.crt"), read("tls.key") if program else None,
                                                   read("tls.crt") if program else None)
        port = self.stack.parts[part].port()
        return grpc.secure_channel(f"localhost:{port}", credentials, options=[("grpc.enable_retries", 0)])
