"""schemathesis, which knows nothing of us but our own description, finds nothing, with all its checks. Debian has no package
of it; whoever has it in the path (pip install schemathesis) runs this in the long lane."""

import pathlib
import shutil
import subprocess

import pytest

EXAMPLES = 200  # of each operation


@pytest.fixture(autouse=True)
def everything_bound(subscriber):
    """Orders placed here are seen by the subscriber too: the final audit wants their events."""


@pytest.mark.long
def test_schemathesis_finds_nothing(stack, tmp_path):
    tool = shutil.which("schemathesis")
    if tool is None:
        pytest.skip("schemathesis is not installed (pip install schemathesis)")
    config = pathlib.Path(__file__).with_name("schemathesis.toml")
    done = subprocess.run([tool, "--config-file", config, "run", f"{stack.rest_url}/openapi.json", "--checks", "all",
                           "--max-examples", str(EXAMPLES), "--no-color"],
                          cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
