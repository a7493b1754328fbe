"""Counts the test cases of a tests/run and prints which failed: summary.py RESULTS STAGE...

A GoogleTest binary writes one XML file with its cases; ctest knows whether the binary as a whole went well, so a crash
or a time-out counts as a failure even where no case could say so.
"""

import pathlib
import sys
import xml.etree.ElementTree as xml


class Count:
    def __init__(self):
        self.passed = 0
        self.failed = []   # what a person looks for
        self.skipped = []

    def case(self, name, case):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            self.failed.append(name)
        elif skipped is not None or case.get("status") == "notrun" or case.get("result") in ("skipped", "suppressed"):
            why = skipped.get("message", "") if skipped is not None else "disabled"
            self.skipped.append(f"{name}: {' '.join(why.split())[:200] or 'no reason given'}")
        else:
            self.passed += 1


def cases(path):
    try:
        return list(xml.parse(path).getroot().iter("testcase"))
    except (OSError, xml.ParseError):
        return None


def name_of(case):
    return ".".join(part for part in (case.get("classname"), case.get("name")) if part)


def count_ctest(count, results, stage):
    binaries = cases(results / f"{stage}.ctest.xml")
    if binaries is None:
        count.failed.append(f"{stage}: ctest did not finish")
        return
    for binary in binaries:
        name = binary.get("name")
        inside = cases(results / stage / f"{name}.xml")
        before = len(count.failed)
        for case in inside or ():
            count.case(f"{stage}: {name} {name_of(case)}", case)
        went_wrong = binary.find("failure") is not None or binary.get("status") != "run"
        if inside is None and not went_wrong:
            count.case(f"{stage}: {name}", binary)  # a test that is not GoogleTest's is one case
        elif went_wrong and len(count.failed) == before:
            count.failed.append(f"{stage}: {name} crashed, hung or could not start")


def count_junit(count, results, stage):
    found = cases(results / f"{stage}.xml")
    if found is None:
        count.failed.append(f"{stage}: did not finish")
    for case in found or ():
        count.case(f"{stage}: {name_of(case)}", case)


def main(results, stages):
    count = Count()
    for stage in stages:
        failed = results / f"{stage}.failed"
        if failed.exists():
            count.failed += [f"{stage}: {line}" for line in failed.read_text().splitlines()]
        elif (results / f"{stage}.passed").exists():
            count.passed += 1
        skipped = results / f"{stage}.skipped"
        if skipped.exists():
            count.skipped.append(f"{stage}: {skipped.read_text().strip()}")
        if stage in ("unit", "integration", "simulation", "simulation-long", "asan", "tsan"):
            count_ctest(count, results, stage)
        elif stage in ("tidy", "e2e", "e2e-secure"):
            count_junit(count, results, stage)
    for name in count.skipped:
        print(f"skipped: {name}")
    for name in count.failed[:100]:
        print(f"FAILED: {name}")
    if len(count.failed) > 100:
        print(f"FAILED: ... and {len(count.failed) - 100} more")
    if count.failed:
        print(f"Logs: {results}")
    print(f"{count.passed} passed, {len(count.failed)} failed, {len(count.skipped)} skipped")
    return 1 if count.failed or not count.passed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2:]))
