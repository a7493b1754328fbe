"""A commit as a source tree of its own, built."""

import os
import pathlib
import shutil
import subprocess

from . import needs
from .bench import say

PRODUCT = (*needs.PRODUCT,)


def run(*command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout.strip()


def of_commit(name):
    """Its tree under build/trees, made if it is not there. ccache knows what both have in common."""
    commit = run("git", "-C", needs.ROOT, "rev-parse", "--verify", f"{name}^{{commit}}")
    folder = needs.ROOT / "build" / "trees" / commit[:12]
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        archive = run("git", "-C", needs.ROOT, "archive", "-o", folder / "tree.tar", commit)
        run("tar", "-xf", folder / "tree.tar", "-C", folder)
        (folder / "tree.tar").unlink()
        say(f"building {commit[:12]} in {folder}" + archive)
        build(folder)
        (folder / "complete").touch()
    return folder


def build(folder):
    """The product's programs of a tree, into its build folder."""
    paths = {**os.environ, "CCACHE_BASEDIR": str(folder), "CCACHE_NOHASHDIR": "1"}
    run("cmake", "-S", folder, "--preset", "release", cwd=folder, env=paths)
    run("cmake", "--build", folder / "build", "--target", *PRODUCT, env=paths)


def ready(folder):
    """A tree that somebody has built."""
    folder = pathlib.Path(folder).resolve()
    absent = [name for name in PRODUCT if not os.access(folder / "build" / "bin" / name, os.X_OK)]
    if absent:
        raise SystemExit(f"{folder} is not built: build/bin has no {', '.join(absent)}")
    return folder
