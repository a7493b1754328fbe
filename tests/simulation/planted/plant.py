#!/usr/bin/python3
"""Plants bugs into a copy of the sources that sagasim-planted is made of.

Usage: plant.py --root FOLDER --patches FOLDER --out FOLDER SOURCE...

Every *.patch is one wrong variant of one rule: its first line says what is wrong, below stands a unified diff. PLANTED in
an added line is true while the simulator hunts this bug, so that one program holds all bugs:

    -  if (WantsStop(draft)) return HonourStop(draft);
    +  if (WantsStop(draft) && !PLANTED) return HonourStop(draft);

Each SOURCE (a path below the root) is copied to the same path below --out, with all patches applied to it. A patch is
found by its lines, which must stand in the source exactly once; line numbers do not count. OUT/planted_bugs.h gets the
list of bugs. Exit code 1: a patch does not apply (any more), or two patches want the same line; nothing is written.
"""

import argparse
import pathlib
import re
import sys
from dataclasses import dataclass


class Stale(Exception):
    pass


@dataclass
class Edit:
    """Lines [begin, end) of a source become `lines`."""
    begin: int
    end: int
    lines: list
    patch: str


def hunks_of(patch):
    """(path, [(mark, text)]) of each hunk; mark is ' ', '-' or '+'."""
    path, hunks = None, []
    for line in patch.read_text(encoding="utf-8").splitlines()[1:]:
        if line.startswith("+++ b/"):
            path = line[6:]
        elif line.startswith("@@") and path:
            hunks.append((path, []))
        elif hunks and not line.startswith("--- a/"):
            hunks[-1][1].append((line[:1] or " ", line[1:]))
    return hunks


def edits_of(patch, number, root, sources):
    found = False
    for path, hunk in hunks_of(patch):
        found = True
        if path not in sources:
            raise Stale(f"{patch.name} changes {path}, of which sagasim-planted has no copy: it holds only\n  "
                        + "\n  ".join(sorted(sources)))
        lines = (root / path).read_text(encoding="utf-8").splitlines()
        old = [text for mark, text in hunk if mark != "+"]
        places = [at for at in range(len(lines) - len(old) + 1) if lines[at:at + len(old)] == old]
        if len(places) != 1:
            raise Stale(f"{patch.name} no longer applies: these lines stand in {path} {len(places)} times, not once\n  "
                        + "\n  ".join(old))
        at, edit = places[0], None
        for mark, text in hunk:
            if mark == " ":
                edit = None
            elif edit is None:
                edit = Edit(at, at, [], patch.name)
                yield path, edit
            if mark == "+":
                edit.lines.append(re.sub(r"\bPLANTED\b", f"(::ordersaga::planted_bug == {number})", text))
            else:
                at += 1
            if mark == "-":
                edit.end = at
    if not found:
        raise Stale(f"{patch.name} holds no change")


def planted(text, path, edits):
    lines = text.splitlines()
    edits = sorted(edits, key=lambda edit: (edit.begin, edit.end))
    for left, right in zip(edits, edits[1:]):
        if right.begin < left.end:
            raise Stale(f"{left.patch} and {right.patch} want the same line of {path}: let one of them only add lines\n  "
                        + lines[right.begin])
    for edit in reversed(edits):
        lines[edit.begin:edit.end] = edit.lines
    return "\n".join(['#include "tests/simulation/planted/planted.h"', *lines, ""])


def list_of(patches):
    rows = [f'    Bug{{{number}, "{patch.stem}", "{patch.read_text(encoding="utf-8").splitlines()[0]}"}},'
            for number, patch in enumerate(patches, 1)]
    return "\n".join(["// Made by plant.py.", "#pragma once", "#include <array>", "",
                      '#include "tests/simulation/planted/planted.h"', "", "namespace ordersaga {", "",
                      "inline constexpr std::array kPlantedBugs = {", *rows, "};", "", "}  // namespace ordersaga", ""])


def write_if_changed(path, text):
    """So that only what a change concerns is compiled again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--patches", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("sources", nargs="+")
    arguments = parser.parse_args()
    patches = sorted(arguments.patches.glob("*.patch"))
    edits = {source: [] for source in arguments.sources}
    problems = []
    for number, patch in enumerate(patches, 1):
        try:
            for path, edit in edits_of(patch, number, arguments.root, edits):
                edits[path].append(edit)
        except Stale as stale:
            problems.append(str(stale))
    copies = {}
    for path, changes in edits.items():
        try:
            copies[path] = planted((arguments.root / path).read_text(encoding="utf-8"), path, changes)
        except Stale as stale:
            problems.append(str(stale))
    if problems:
        sys.exit("\n".join(f"{arguments.patches}: {problem}" for problem in problems))
    for path, text in copies.items():
        write_if_changed(arguments.out / path, text)
    write_if_changed(arguments.out / "planted_bugs.h", list_of(patches))


if __name__ == "__main__":
    main()
