#!/usr/bin/python3
"""The house rules, run as a test. Prints each violation as file:line: rule and exits 1 if there is any.

Usage: tests/tidy/tidy.py [--junit FILE] [ROOT]

On Debian all libraries' headers sit in /usr/include, so CMake alone cannot keep libpq or grpc out of the core: the layers
are checked by what files include.

Examples:
  tests/tidy/tidy.py
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
from xml.sax.saxutils import quoteattr

SOURCE_FOLDERS = ("platform", "orchestrator", "services", "gateway", "sagactl", "examples", "tests")
TEXT_FOLDERS = (*SOURCE_FOLDERS, "proto", "cmake", "deploy", "docs", ".ci")
TEXT_ENDINGS = {".cc", ".h", ".py", ".sh", ".sql", ".md", ".proto", ".cmake", ".txt", ".yaml", ".toml", ""}
MAX_LINES = 400

STD = r"<[a-z_0-9]+>"  # standard headers have neither slash nor dot
# A service's own rules: no database, no wire.
DOMAIN = (STD, r'["<]absl/', r"<fmt/", r"<boost/json", r'"platform/(base|json|participant/core|runtime)/')
# folder -> what its files may include. The first folder that fits a file decides.
LAYERS = (
    ("platform/base", (STD, r'"absl/', r'<absl/', r'<fmt/', r'<openssl/', r'"platform/base/', r'<s?ys/', r'<unistd\.h>',
                       r'<signal\.h>', r'<time\.h>')),
    ("platform/participant/core", (STD, r'["<]absl/(time|status)/', r'<fmt/', r'"platform/(base|participant/core)/')),
    ("platform", (r"<", r'"absl/', r'"platform/', r'"google/', r'"grpc', r'"ordersaga/', r'"(prometheus|spdlog|toml)',
                  r'"[a-z_]+\.embed\.h"')),
    ("orchestrator/core", (STD, r'["<]absl/(time|container)/', r'["<]absl/status/', r'<fmt/', r'"orchestrator/core/',
                           r'"platform/base/')),
    ("orchestrator/events", (STD, r'["<]absl/', r'<fmt/', r'"orchestrator/(core|events)/', r'"platform/base/')),
    ("orchestrator/audit", (STD, r'["<]absl/', r'<fmt/', r'"orchestrator/(core|audit)/', r'"platform/base/')),
    ("orchestrator/ports", (STD, r'["<]absl/', r'"orchestrator/(core|operator_log|ports)/', r'"platform/base/')),
    ("orchestrator/engine", (STD, r'["<]absl/', r'<fmt/', r'"orchestrator/(core|operator_log|ports|events|engine)/',
                             r'"platform/(base|runtime)/')),
    ("orchestrator/adapters", (r"<", r'"absl/', r'"google/', r'"grpc', r'"ordersaga/',
                               r'"orchestrator/(core|ports|events|adapters)/', r'"platform/', r'"[a-z_]+\.embed\.h"')),
    ("services/payment/domain", (*DOMAIN, r'"services/payment/domain/')),
    ("services/inventory/domain", (*DOMAIN, r'"services/inventory/domain/')),
    ("services/notification/domain", (*DOMAIN, r'"services/notification/domain/')),
)
# program folder -> the other programs, whose code it must never include
PROGRAMS = ("gateway", "orchestrator", "services/payment", "services/inventory", "services/notification")

CLOCK_FILE = "platform/base/clock.cc"
CLOCKS = re.compile(r"\babsl::Now\(|system_clock::now|steady_clock::now|high_resolution_clock|\btime\(nullptr\)|\btime\(NULL\)|"
                    r"\bgettimeofday\(|\bclock_gettime\(|absl::GetCurrentTimeNanos")
SLEEPS = re.compile(r"this_thread::sleep|absl::SleepFor|\busleep\(|\bnanosleep\(|(?<![\w.:>])sleep\(")
SQL = re.compile(r'"[^"]*\b(SELECT |INSERT INTO|UPDATE [a-z_"]+ SET|DELETE FROM )')
# A program of another version may have added a column (docs/adr/0026).
ALL_COLUMNS = re.compile(r"\bSELECT \*(?! FROM unnest)")
# What makes one step differ from another stands in its definition (docs/adding_a_step.md).
STEPS = re.compile(r'"(payment|inventory|notification)\b')
KNOW_NO_STEP = ("orchestrator/core/", "orchestrator/engine/", "orchestrator/events/", "orchestrator/audit/")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
STATEMENT = re.compile(r"^-- name: (\w+)$")
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<][^">]+[">])')
GLOSSARY = "docs/glossary.md"
GLOSSARY_ROW = re.compile(r"^\| (?P<word>[^|]+) \| [^|]+ \| (?P<others>[^|]*) ?\|$")
NAMES_OF_OTHERS = re.compile(r"PYTEST_XDIST_WORKER\w*")  # not ours to choose
MACHINE_PATH = re.compile(r"(?<![\w.$}/])/(work|root|home/\w+)/")


def spelled_out(text):
    """In lower case, names as words: "SagaLog", "saga_log" and "the saga's log" all have "saga log"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_ ]+", " ", text.replace("'s", "")).lower()


class Tidy:
    def __init__(self, root):
        self.root = root
        self.words = self.words_not_to_use()
        self.violations = []
        self.checked = 0

    def report(self, path, line, rule):
        self.violations.append(f"{path}:{line}: {rule}")

    def files(self, folders, endings):
        for folder in folders:
            for path in sorted((self.root / folder).rglob("*")):
                if path.is_file() and path.suffix in endings and "__pycache__" not in path.parts:
                    yield path.relative_to(self.root)
        for path in sorted(self.root.glob("*")):
            if path.is_file() and path.suffix in endings and not path.name.startswith("."):
                yield path.relative_to(self.root)

    def lines(self, path):
        try:
            return (self.root / path).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            self.report(path, 1, "is not UTF-8")
            return []

    def run(self):
        for path in self.files(TEXT_FOLDERS, TEXT_ENDINGS):
            self.checked += 1
            lines = self.lines(path)
            self.check_text(path, lines)
            if path.suffix in (".cc", ".h"):
                self.check_source(path, lines)
        self.check_statements()
        self.check_format()
        self.check_shell()

    def words_not_to_use(self):
        """[(pattern, the word of the glossary)], of its last column."""
        glossary = self.root / GLOSSARY
        rows = map(GLOSSARY_ROW.match, glossary.read_text(encoding="utf-8").splitlines() if glossary.exists() else ())
        return [(re.compile(rf"\b{other}\b"), row["word"]) for row in rows if row
                for other in re.findall(r"`([a-z ]+)`", row["others"])]

    def check_words(self, path, lines):
        if path.as_posix() == GLOSSARY or path.parts[:2] in (("docs", "adr"), ("tests", "tidy"), ("tests", "tsan")):
            return
        for number, line in enumerate(lines, 1):
            words = spelled_out(NAMES_OF_OTHERS.sub("", line))
            for pattern, word in self.words:
                if pattern.search(words):
                    self.report(path, number, f"{pattern.pattern[2:-2]}: the word is {word} ({GLOSSARY})")

    def check_text(self, path, lines):
        self.check_words(path, lines)
        if len(lines) > MAX_LINES and path.suffix != ".md":
            self.report(path, len(lines), f"longer than {MAX_LINES} lines: what second subject moved in?")
        for number, line in enumerate(lines, 1):
            if path.parts[:2] != ("tests", "tidy"):
                if UNFINISHED.search(line):
                    self.report(path, number, "unfinished work belongs into an issue")
                if MACHINE_PATH.search(line):
                    self.report(path, number, "names a path of one machine")

    def check_source(self, path, lines):
        name = path.as_posix()
        product = path.parts[0] not in ("examples", "tests")
        allowed = next((rules for folder, rules in LAYERS if name.startswith(folder + "/")), None)
        program = next((folder for folder in PROGRAMS if name.startswith(folder + "/")), None)
        if path.suffix == ".h" and "#pragma once" not in lines:
            self.report(path, 1, "a header needs #pragma once")
        for number, line in enumerate(lines, 1):
            include = INCLUDE.match(line)
            if include:
                self.check_include(path, number, include.group(1), allowed, program)
            code = line.split("//")[0]
            if SLEEPS.search(code):
                self.report(path, number, "no sleeping: await an event or a clock handed in")
            if product and name != CLOCK_FILE and CLOCKS.search(code):
                self.report(path, number, f"only {CLOCK_FILE} reads the real clock")
            if name.startswith(KNOW_NO_STEP) and "order_saga" not in name and not include and STEPS.search(code):
                self.report(path, number, "steps are told apart by facts of their definition, not by name")
            if product and SQL.search(code):
                self.report(path, number, "SQL lives in .sql files")

    def check_include(self, path, number, included, allowed, program):
        if allowed is not None and not any(re.match(pattern, included) for pattern in allowed):
            self.report(path, number, f"{path.parent} must not include {included}")
        for other in PROGRAMS:
            if program is not None and other != program and included.startswith(f'"{other}/'):
                self.report(path, number, f"{program} must not include code of {other}: they meet in proto/")
        if included.startswith('"../') or included.startswith('"./'):
            self.report(path, number, "includes start at the root of the repository")

    def check_statements(self):
        sources = "\n".join("\n".join(self.lines(path)) for path in self.files(SOURCE_FOLDERS, {".cc", ".h"}))
        for path in self.files(SOURCE_FOLDERS, {".sql"}):
            for number, line in enumerate(self.lines(path), 1):
                if ALL_COLUMNS.search(line.split("--")[0]):
                    self.report(path, number, "a statement names the columns that it reads")
                named = STATEMENT.match(line)
                if named and not re.search(rf"\bsql::{path.stem}::{named.group(1)}\b", sources):
                    self.report(path, number, f"nobody runs sql::{path.stem}::{named.group(1)}")

    def check_format(self):
        tool = shutil.which("clang-format-14")  # others format otherwise
        if tool is None:
            print("clang-format-14 is not installed: formatting was not checked", file=sys.stderr)
            return
        files = [str(path) for path in self.files(SOURCE_FOLDERS, {".cc", ".h"})]
        if not files:
            return
        done = subprocess.run([tool, "-n", "--style=file", *files], cwd=self.root, capture_output=True, text=True)
        seen = set()
        for line in done.stderr.splitlines():
            found = re.match(r"(.+?):(\d+):\d+: (warning|error)", line)
            if found and found.group(1) not in seen:
                seen.add(found.group(1))
                self.report(found.group(1), found.group(2), "is not as clang-format has it: clang-format-14 -i FILE")

    def check_shell(self):
        tool = shutil.which("shellcheck")
        if tool is None:
            return  # of the long lane's packages
        scripts = [path for path in self.files(("deploy", "tests", ".ci"), {".sh", ""}) if self.is_shell(path)]
        done = subprocess.run([tool, "-x", "-f", "gcc", "--source-path", str(self.root), *map(str, scripts)],
                              cwd=self.root, capture_output=True, text=True)
        for line in done.stdout.splitlines():
            path, number, _, message = line.split(":", 3)
            self.report(path, number, f"shellcheck: {message.strip()}")

    def is_shell(self, path):
        lines = self.lines(path)
        return bool(lines) and ("bash" in lines[0] or "shellcheck shell" in lines[0])


def write_junit(path, violations):
    """One test case a rule-keeping run: each violation is a failure; none is one passed case."""
    with open(path, "w", encoding="utf-8") as out:
        out.write(f'<testsuite name="tidy" tests="{max(1, len(violations))}" failures="{len(violations)}">\n')
        if not violations:
            out.write('  <testcase classname="tidy" name="house rules"/>\n')
        for violation in violations:
            out.write(f'  <testcase classname="tidy" name={quoteattr(violation)}><failure/></testcase>\n')
        out.write("</testsuite>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--junit", help="also write the result as JUnit XML")
    parser.add_argument("root", nargs="?", default=pathlib.Path(__file__).resolve().parents[2], type=pathlib.Path)
    arguments = parser.parse_args()
    tidy = Tidy(arguments.root)
    tidy.run()
    for violation in tidy.violations:
        print(violation)
    if arguments.junit:
        write_junit(arguments.junit, tidy.violations)
    print(f"{tidy.checked} files checked, {len(tidy.violations)} violations", file=sys.stderr)
    return 1 if tidy.violations else 0


if __name__ == "__main__":
    sys.exit(main())
