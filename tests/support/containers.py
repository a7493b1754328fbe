"""compose.yaml run by podman, with the programs of this build: a project of its own on free ports.

    with Compose(folder) as compose:
        compose.up()
        compose.sagactl("audit")
        compose.kill("payment-service")

Where containers cannot be run, Compose.prepare says why by CannotRun.
"""

import json
import os
import pathlib
import signal
import subprocess

import yaml

from .stack import ROOT, free_ports
from .waiting import wait_until

IMAGES = "localhost/ordersaga-test"
SERVICES = ("postgres", "rabbitmq", "payment-service", "inventory-service", "notification-service", "orchestrator",
            "order-service")
PROGRAMS = {"payment-service": "payment-service", "inventory-service": "inventory-service",
            "notification-service": "notification-service", "orchestrator": "orchestrator", "order-service": "gateway"}
VOLUMES = yaml.safe_load((ROOT / "compose.yaml").read_text())["volumes"]
PORTS = ("GATEWAY_PORT", "POSTGRES_PORT", "POSTGRES_PORT_2", "RABBITMQ_PORT", "RABBITMQ_MANAGEMENT_PORT")


class CannotRun(Exception):
    """This machine runs no containers; the message says why."""


class Compose:
    https = None
    key = None

    def __init__(self, folder, *files, image=f"{IMAGES}/ordersaga", **settings):
        self.folder = pathlib.Path(folder)
        self.project = f"ordersaga-test-{os.getpid()}"
        self.files = [argument for name in ("compose.yaml", *files) for argument in ("-f", name)]
        self.environment = {
            **os.environ, "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "POSTGRES_IMAGE": f"{IMAGES}/postgres", "RABBITMQ_IMAGE": f"{IMAGES}/rabbitmq", "ORDERSAGA_IMAGE": image,
            **dict(zip(PORTS, map(str, free_ports(len(PORTS))))), **settings}

    def prepare(self, *arguments, seconds=900):
        done = subprocess.run([ROOT / "tests/container/prepare", self.folder, *arguments], capture_output=True, text=True,
                              env={**self.environment, "NO_COLOR": "1"}, timeout=seconds)
        if done.returncode == 77:
            raise CannotRun(done.stdout.strip().splitlines()[-1])
        assert done.returncode == 0, done.stdout + done.stderr

    def compose(self, *arguments, seconds=300):
        done = subprocess.run(["podman-compose", "-p", self.project, *self.files, *arguments], cwd=ROOT, text=True,
                              env=self.environment, capture_output=True, timeout=seconds)
        assert done.returncode == 0, f"podman-compose {arguments}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def podman(self, *arguments, check=True, seconds=60):
        done = subprocess.run(["podman", *arguments], env=self.environment, capture_output=True, text=True, timeout=seconds)
        assert not check or done.returncode == 0, f"podman {arguments}:\n{done.stdout}{done.stderr}"
        return done

    def make_volume(self, name):
        """Makes one that compose will find; where its data is on the host."""
        self.podman("volume", "create", f"{self.project}_{name}")
        return json.loads(self.podman("volume", "inspect", f"{self.project}_{name}").stdout)[0]["Mountpoint"]

    def up(self):
        self.compose("up", "-d")
        self.wait_ready()

    def down(self, *arguments):
        self.compose("down", "-t", "30", *arguments)

    def container(self, service):
        return f"{self.project}_{service}_1"

    def program(self, service, *command, check=True):
        """Runs a command in the service's container."""
        return self.podman("exec", self.container(service), *command, check=check)

    def sagactl(self, *command, key="", check=True):
        """As `docker compose run --rm sagactl` does it."""
        service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["sagactl"]
        environment = {**service["environment"], "SAGACTL_KEY": key}
        volume, place = service["volumes"][0].split(":", 1)
        return self.podman("run", "--rm", "--network", f"{self.project}_default", "-v", f"{self.project}_{volume}:{place}",
                           *(word for name, value in environment.items() for word in ("-e", f"{name}={value}")),
                           "--entrypoint", service["entrypoint"][0], self.environment["ORDERSAGA_IMAGE"], *command, check=check)

    def wait_ready(self, seconds=90):
        for service, program in PROGRAMS.items():
            wait_until(lambda: self.program(service, program, "health", check=False).returncode == 0,
                       lambda: f"{service} to be healthy: {self.podman('logs', '--tail', '5', self.container(service), check=False).stdout}",
                       seconds, every=0.2)

    def inspected(self, container):
        return json.loads(self.podman("inspect", container).stdout)[0]

    def state(self, service):
        return self.inspected(self.container(service))["State"]

    def kill(self, service):
        """kill -9 of its process, as a crash would be: `podman kill` would be somebody's wish, and not restarted."""
        os.kill(self.state(service)["Pid"], signal.SIGKILL)

    def close(self):
        names = [self.container(service) for service in ("certs", "sagactl", *SERVICES)]
        self.podman("rm", "-f", "-t", "0", "-i", *names, check=False, seconds=120)
        self.podman("network", "rm", "-f", f"{self.project}_default", check=False)
        self.podman("volume", "rm", "-f", *(f"{self.project}_{name}" for name in VOLUMES), check=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def port(self, name):
        return int(self.environment[name])

    @property
    def rest_url(self):
        return f"http://127.0.0.1:{self.environment['GATEWAY_PORT']}"
