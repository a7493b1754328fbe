#!/usr/bin/python3
"""Copies compile_commands.json for clang: one entry a source, without g++'s precompiled headers and options.

Usage: without_pch.py FROM TO
"""

import json
import pathlib
import re
import sys

# The launcher in front of the compiler, the precompiled header, and what only g++ knows.
NOT_FOR_CLANG = re.compile(r"^.*?\bccache\s+|-include \S+/cmake_pch\.hxx|-Winvalid-pch|--param=\S+|-Wno-subobject-linkage")


def sources(file):
    """A unity source stands for those that it includes."""
    if "/Unity/" not in file:
        return [file]
    return re.findall(r'^#include "(.+\.cc)"$', pathlib.Path(file).read_text(encoding="utf-8"), re.M)


def main(source, target):
    entries = []
    for entry in json.loads(pathlib.Path(source).read_text(encoding="utf-8")):
        command = NOT_FOR_CLANG.sub("", entry["command"])
        for file in sources(entry["file"]):
            if "/pch/" not in file and "cmake_pch" not in file:
                entries.append({"directory": entry["directory"], "file": file,
                                "command": command.replace(entry["file"], file)})
    pathlib.Path(target).write_text(json.dumps(entries), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
