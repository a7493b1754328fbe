"""What the benches need beyond Python's own: installed and built if it is missing, and said in full if that fails. For the first
lines of a script: imports nothing that may be missing."""

import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
PACKAGES = {"grpc": "python3-grpcio", "google.protobuf": "python3-protobuf", "pika": "python3-pika",
            "psycopg2": "python3-psycopg2", "jsonschema": "python3-jsonschema"}
TOOLS = {"pgbench": "postgresql", "psql": "postgresql-client", "wrk": "wrk", "protoc": "protobuf-compiler",
         "ss": "iproute2"}
PRODUCT = ("orchestrator", "payment-service", "inventory-service", "notification-service", "gateway", "sagactl")


def is_there(package):
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # the package around it
        return False


def missing(tools=(), programs=()):
    """Lines to print. `tools` are found on the PATH; `programs` are built into tests/bin, and the product's into bin."""
    debian = [name for package, name in PACKAGES.items() if not is_there(package)]
    debian += [TOOLS[tool] for tool in tools if shutil.which(tool) is None]
    build = pathlib.Path(os.environ.get("ORDERSAGA_BUILD_DIR", ROOT / "build"))
    wanted = [build / "bin" / name for name in PRODUCT] + [build / "tests" / "bin" / name for name in programs]
    unbuilt = [str(path) for path in wanted if not os.access(path, os.X_OK)]
    lines = [f"missing: {' '.join(debian)}    Install: apt-get install {' '.join(debian)}"] if debian else []
    return lines + ([f"not built: {' '.join(unbuilt)}    Build: tests/run --only tidy"] if unbuilt else [])


def provide():
    """Installs the Debian packages that are missing and builds, as tests/run does; what fails has said so."""
    if shutil.which("bash") and "ORDERSAGA_BUILD_DIR" not in os.environ:
        sources = "".join(f"source {ROOT}/deploy/lib/{name}.sh; " for name in ("stack", "packages", "build"))
        subprocess.run(["bash", "-c", sources + "packages_ensure build participant run test; build all"], stdin=subprocess.DEVNULL, stdout=sys.stderr,
                       check=False)
        importlib.invalidate_caches()


def check(tools=(), programs=(), text=None):
    """Provides what is missing, and ends the script with code 2 if that was in vain. text: all of the script's help, which is
    told without anything."""
    if text and {"-h", "--help"} & set(sys.argv):
        print(text.strip())
        sys.exit(0)
    if missing(tools, programs):
        provide()
    lines = missing(tools, programs)
    if lines:
        print("\n".join(lines), file=sys.stderr)
        sys.exit(2)
