"""Programs told to listen where other machines reach them: none starts that would know nobody."""

import os
import subprocess

import pytest

from support.stack import ROOT

BUILD = os.environ.get("ORDERSAGA_BUILD_DIR", ROOT / "build")
GRPC = {"orchestrator": "orchestrator", "payment-service": "payment", "inventory-service": "inventory",
        "notification-service": "notification"}


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certs")
    subprocess.run([ROOT / "deploy/certs", "--folder", folder], check=True, capture_output=True, timeout=60)
    return folder


def refusal(program, **settings):
    """Why it does not start."""
    done = subprocess.run([f"{BUILD}/bin/{program}"], env={"SERVER_PORT": "0", "ADMIN_PORT": "0", **settings}, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    assert done.returncode == 2, done
    return done.stderr


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.1.2.3", "::ffff:0.0.0.0", "some.host"])
@pytest.mark.parametrize("program", [*GRPC, "gateway"])
def test_no_program_is_open_without_certificates(program, address):
    assert f"tls_folder must name certificates where bind_address, {address}, lets" in refusal(program, BIND_ADDRESS=address)


def test_what_listens_nowhere_needs_none():
    """As the chart's jobs run it in the image, whose BIND_ADDRESS is open."""
    done = subprocess.run([f"{BUILD}/bin/payment-service", "migrate", "--plan"], capture_output=True, text=True, timeout=20, env={
        "BIND_ADDRESS": "0.0.0.0", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})
    assert done.returncode == 5 and "tls_folder" not in done.stderr, done


@pytest.mark.parametrize("program", GRPC)
def test_a_certificate_must_be_the_programs_own(certs, program):
    why = refusal(program, BIND_ADDRESS="0.0.0.0", TLS_FOLDER=str(certs / "sagactl"))
    assert f"does not name the URI spiffe://ordersaga/{GRPC[program]}" in why


def test_an_open_gateway_takes_no_keys_in_the_clear(certs):
    why = refusal("gateway", BIND_ADDRESS="0.0.0.0", TLS_FOLDER=str(certs / "gateway"))
    assert "https_folder must name a certificate where bind_address, 0.0.0.0, lets" in why and "plain_http" in why
