#!/usr/bin/python3
"""Copies compile_commands.json without g++'s precompiled headers: without_pch.py FROM TO"""

import json
import re
import sys


def main(source, target):
    with open(source, encoding="utf-8") as file:
        commands = json.load(file)
    for entry in commands:
        command = re.sub(r"-include \S+/cmake_pch\.hxx", "", entry["command"])
        # The launcher in front of the compiler is nothing to clang either.
        entry["command"] = re.sub(r"^.*?\bccache\s+", "", command).replace("-Winvalid-pch", "")
    commands = [entry for entry in commands if "/pch/" not in entry["file"] and "cmake_pch" not in entry["file"]]
    with open(target, "w", encoding="utf-8") as file:
        json.dump(commands, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
