"""Participants in repositories of their own, built against what `cmake --install --component participant-dev` leaves in a
folder, and run: examples/parcels, and tests/loyalty's, which has a gRPC service."""

import shutil
import subprocess

import psycopg2
import pytest

from support.stack import ROOT, free_ports
from support.waiting import wait_until

PRINTED = """\
courier: key-1 is collected at 12 Long Lane
answer: number 1
answer: number 1
courier: key-1 is brought back
undone: true
"""
LOYALTY = ("tests/loyalty/loyalty.proto", "tests/loyalty/loyalty_service.cc", "tests/loyalty/loyalty_service.h",
           "tests/loyalty/service_main.cc", "tests/integration/platform/participant/loyalty_points.h")


def run(*command, **settings):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(stack, tmp_path_factory):
    folder = tmp_path_factory.mktemp("participant-dev")
    run("cmake", "--install", stack.build_dir, "--component", "participant-dev", "--prefix", folder)
    return folder


def built(installed, source, folder):
    run("cmake", "-G", "Ninja", "-S", source, "-B", folder, f"-DCMAKE_PREFIX_PATH={installed}")
    run("cmake", "--build", folder)
    return folder


def database(stack, name):
    """Makes one, and its role. Its URL."""
    superuser = psycopg2.connect(stack.postgres.url)
    superuser.autocommit = True
    superuser.cursor().execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")
    superuser.cursor().execute(f"CREATE DATABASE {name} OWNER {name}")
    superuser.close()
    return stack.database_url(name)


def test_the_example_keeps_its_word(stack, installed, tmp_path):
    parcels = built(installed, ROOT / "examples/parcels", tmp_path) / "parcels"
    settings = {"DATABASE_URL": database(stack, "parcels_db"), "LOG_LEVEL": "error"}
    assert run(parcels, env=settings) == PRINTED
    # The same keys again: the answers are those of then, and the courier is not asked.
    again = "".join(line for line in PRINTED.splitlines(keepends=True) if not line.startswith("courier"))
    assert run(parcels, env=settings) == again


def test_a_participant_with_a_grpc_service(stack, installed, tmp_path):
    for name in LOYALTY:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "tests/e2e/elsewhere/CMakeLists.txt", tmp_path)
    service = built(installed, tmp_path, tmp_path / "build") / "loyalty-service"
    server, admin = free_ports(2)
    settings = {"DATABASE_URL": database(stack, "elsewhere_db"), "SERVER_PORT": str(server), "ADMIN_PORT": str(admin)}
    with subprocess.Popen([service], env=settings, stdout=subprocess.DEVNULL) as process:
        health = [service, "health"]
        wait_until(lambda: subprocess.run(health, env=settings, capture_output=True, timeout=20).returncode == 0,
                   "loyalty-service to be ready", 30)
        process.terminate()
        assert process.wait(30) == 0
