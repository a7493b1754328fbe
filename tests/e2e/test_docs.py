"""The documentation says what is true: the examples of README, of the tour and of the page on deploying
run, and files, functions, reason codes and settings that the pages name are those that exist.

An example is a ```console block: lines that begin with "$ " are run, in order; what stands below one has to be among
what it prints. Numbers, times and ids may differ, and more may be there. Their ports, ids and folders become the
test stack's.
"""

import json
import pathlib
import re
import shutil
import subprocess
import urllib.request

import pytest
from google.protobuf import descriptor_pool, json_format
from google.protobuf.message_factory import MessageFactory

from support.stack import ROOT
from support.waiting import wait_until

PORTS = {"5432": "POSTGRES_PORT", "8080": "GATEWAY_PORT", "50050": "ORCHESTRATOR_PORT", "50051": "PAYMENT_PORT", "50052": "INVENTORY_PORT",
         "50053": "NOTIFICATION_PORT", "15672": "RABBITMQ_MANAGEMENT_PORT"}
PROGRAMS = ("orchestrator", "payment-service", "inventory-service", "notification-service", "gateway")
PRODUCT = ("orchestrator", "services", "gateway", "platform")
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z|\w{3}, \d+ \w{3} \d{4} \d\d:\d\d:\d\d")
# Text in capitals that is no reason code: what the wire, the environment, SQL and HTTP call things.
NO_CODES = {"PENDING", "COMPLETED", "CANCELLED", "SUCCESS", "APPLIED", "REJECTED", "REVERSED", "NULL", "TRUE",
            "FALSE", "POST", "HEAD", "PATCH", "DELETE", "OPTIONS", "EFFECT_STATE_APPLIED", "CONFIG_FILE", "NO_COLOR",
            "NOTIFY_SOCKET", "ORDERSAGA_FAULT", "SAGACTL_ADDRESS", "BEGIN", "COMMIT", "ROLLBACK", "WARNING",
            "OS001", "OS002", "WATCHDOG_PID", "WATCHDOG_USEC"}


def read(name):
    return (ROOT / name).read_text()


def column(page, number, under=""):
    """The `code` words in one column of a page's tables, below the heading `under` if one is named."""
    text = read(page)
    if under:
        text = re.search(rf"^## {re.escape(under)}$(.*?)(?=^## |\Z)", text, re.M | re.S).group(1)
    rows = [line.split("|") for line in text.splitlines() if line.startswith("|")]
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row[number])]


# --- examples --------------------------------------------------------------------------------------------------------

def examples():
    """(command, output) of every console block of README, the tour and the page on deploying."""
    pages = read("README.md") + read("docs/tour.md") + read("docs/deploying.md")
    for block in re.findall(r"^```console\n(.*?)^```", pages, re.M | re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def shape(text):
    """Without what differs from run to run."""
    text = TIME.sub("<time>", ID.sub("<id>", text))
    return re.sub(r"[ \t]+", " ", re.sub(r"-{2,}", "-", re.sub(r"\d+", "N", text))).strip()


def same(documented, printed):
    """JSON: every documented member is there, with a value of its shape. Text: every documented line begins one."""
    try:
        return same_json(json.loads(documented), json.loads(printed))
    except ValueError:
        lines = [shape(line) for line in printed.splitlines()]
        return all(any(line.startswith(shape(told)) for line in lines) for told in documented.splitlines())


def same_json(documented, printed):
    if isinstance(documented, dict):
        return isinstance(printed, dict) and all(key in printed and same_json(value, printed[key])
                                                 for key, value in documented.items())
    if isinstance(documented, list):
        enough = isinstance(printed, list) and len(printed) >= len(documented)
        return enough and all(map(same_json, documented, printed))
    if isinstance(documented, str):
        return isinstance(printed, str) and shape(documented) == shape(printed)
    return type(documented) is type(printed)


class Shell:
    """Runs the commands against the stack. Learns which id of its own stands for which of the pages'."""

    def __init__(self, stack, grpc):
        self.stack = stack
        self.grpc = grpc
        self.ids = {}
        self.environment = {**stack.environment, "SAGACTL_ADDRESS": stack.orchestrator.url, "COLUMNS": "200"}

    def translate(self, command):
        for theirs, ours in self.ids.items():
            command = command.replace(theirs, ours)
        for port, setting in PORTS.items():
            command = command.replace(f"localhost:{port}", f"localhost:{self.stack.environment[setting]}")
        command = command.replace("var/mail", str(self.stack.mailbox))
        return command.replace("build/bin", self.stack.environment["BIN_DIR"])

    def run(self, command):
        command = self.translate(command)
        if command.startswith("grpcurl ") and shutil.which("grpcurl", path=self.environment["PATH"]) is None:
            return grpcurl(self.grpc, self.stack, command)
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        return done.stdout.replace("\r", "")

    def check(self, command, documented):
        printed = self.run(command)
        if command.endswith("/api/v1/orders"):  # an order is placed once
            self.ids.update(zip(ID.findall(documented), ID.findall(printed)))
        elif not same(documented, printed):  # what an order leads to comes a little later
            wait_until(lambda: same(documented, self.run(command)), f"{command!r} to print\n{documented}", 10)
            return
        assert same(documented, printed), f"$ {command}\ndocumented:\n{documented}\nprinted:\n{printed}"


def grpcurl(grpc, stack, command):
    """What grpcurl prints for README's calls, where it is not installed."""
    body, target, verb, name = re.fullmatch(
        r"grpcurl -plaintext (?:-d '(.*)' )?localhost:(\d+) (list|describe)? ?(\S*)", command).groups()
    part = next(part for part in grpc.channels if str(stack.parts[part].port()) == target)
    if verb == "list":
        return "\n".join(reflected(grpc, part, list_services="")) + "\n"
    pool = descriptor_pool.Default()
    if verb == "describe":
        message = pool.FindMessageTypeByName(name)
        kinds = {field.name: "." + field.message_type.full_name if field.message_type else "string"
                 for field in message.fields}
        fields = (f"  {kinds[field.name]} {field.name} = {field.number};\n" for field in message.fields)
        return f"{name} is a message:\nmessage {message.name} {{\n" + "".join(fields) + "}\n"
    service, _, method = name.partition("/")
    call = pool.FindServiceByName(service).FindMethodByName(method)
    classes = MessageFactory(pool)
    send = grpc.channels[part].unary_unary(f"/{name}", request_serializer=lambda m: m.SerializeToString(),
                                           response_deserializer=classes.GetPrototype(call.output_type).FromString)
    request = json_format.Parse(body or "{}", classes.GetPrototype(call.input_type)())
    return json_format.MessageToJson(send(request, timeout=10), preserving_proto_field_name=True)


def reflected(grpc, part, **request):
    from support import stubs
    reflection = stubs.pb("grpc.reflection.v1alpha.reflection")
    stubs.pb("grpc.health.v1.health")
    stub = stubs.rpc("grpc.reflection.v1alpha.reflection").ServerReflectionStub(grpc.channels[part])
    answer = next(iter(stub.ServerReflectionInfo(iter([reflection.ServerReflectionRequest(**request)]), timeout=10)))
    return sorted(service.name for service in answer.list_services_response.service)


def test_the_examples_print_what_the_pages_say(stack, grpc, subscriber):
    shell = Shell(stack, grpc)
    found = list(examples())
    assert len(found) > 20, "the examples are gone"
    for command, documented in found:
        shell.check(command, documented)


# --- what the pages name ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_a_page_names_exists(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)#]+)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
    for name in re.findall(r"`((?:[\w.*-]+/)+[\w.*-]*)`", text):
        if name.startswith(("build/", "var/")):
            continue  # made by a build or a run
        top = pathlib.PurePath(name).parts[0]
        if (ROOT / top).exists():
            assert list(ROOT.glob(name)), f"{page.name} names {name}"


def test_every_function_in_the_life_of_an_order_exists():
    rows = [line.split("|") for line in read("docs/life_of_an_order.md").splitlines() if line.startswith("| ")]
    steps = [(row[2].strip(" `"), row[3].strip(" `")) for row in rows if "`" in row[2]]
    assert len(steps) > 20
    missing = [(path, function) for path, function in steps
               if not re.search(rf"(?<![.>\w]){re.escape(function)}\([^;]*$", read(path), re.M)]
    assert missing == []


def test_every_test_in_reliability_exists():
    for line in read("docs/reliability.md").splitlines():
        path = None
        for word in re.findall(r"`([^`]+)`", line.rpartition(" | ")[2]):
            if "/" in word:
                path = word
            elif path:
                assert re.search(rf"\b{re.escape(word)}\b", read(path)), f"{path} has no {word}"


def test_the_moves_of_the_state_machine_are_those_of_the_code():
    moves = re.findall(r'Move\{Phase::k(\w+), Phase::k(\w+), "([^"]+)"\}', read("orchestrator/core/transitions.h"))
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in read("docs/state_machine.md").splitlines()
            if line.startswith("| ")]
    known = [row for row in rows if len(row) == 3 and row[1] in {"waiting", "forward", "compensating", "notifying",
                                                               "finished"}]
    assert known == [[start.lower(), end.lower(), why] for start, end, why in moves]


def test_every_reason_code_is_explained_and_exists():
    used = set()
    for folder in PRODUCT:
        for path in (ROOT / folder).rglob("*.[ch]*"):
            if path.suffix in (".cc", ".h"):
                used.update(re.findall(r'"([A-Z][A-Z0-9_]{3,}[A-Z0-9])"', path.read_text()))
    explained = column("docs/errors.md", 1)
    assert len(explained) == len(set(explained)), "a code is explained twice"
    assert set(explained) - used == set(), "docs/errors.md explains codes that the code does not have"
    assert used - NO_CODES - set(explained) == set(), "docs/errors.md does not explain these codes"


def test_adding_a_step_lists_the_files_of_its_example():
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "tests/loyalty").iterdir()}
    assert set(column("docs/adding_a_step.md", 1, "The files")) == files


def test_no_program_knows_the_example_of_a_step():
    knowing = [str(path) for path in (ROOT / "orchestrator").rglob("*.*") if "loyalty" in path.read_text().lower()]
    assert not knowing, knowing


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_setting_is_documented_and_exists(stack, program):
    shown = subprocess.run([f"{stack.environment['BIN_DIR']}/{program}", "--help"], capture_output=True, text=True,
                           check=True, timeout=10).stdout
    flags = set(re.findall(r"^  (?:-h,)?--([\w-]+)", shown, re.M)) - {"help", "version", "print-config", "config"}
    documented = set(column("docs/operations.md", 1, "Settings of every program") +
                     column("docs/operations.md", 1, f"Settings of {program}"))
    assert documented == {name.replace("-", "_").upper() for name in flags}


def test_every_variable_of_deploy_is_documented():
    usage = subprocess.run([ROOT / "deploy/up", "--help"], capture_output=True, text=True, check=True,
                           timeout=30).stdout
    variables = set(re.findall(r"\b([A-Z]+(?:_[A-Z]+)*_PORT|STACK_DIR|SECURE)\b", usage))
    assert variables == set(column("docs/operations.md", 1, "Settings of deploy/up"))


def test_every_metric_is_documented_and_exists(stack):
    exported = set()
    for part in ("gateway", "orchestrator", "payment", "inventory", "notification"):
        with urllib.request.urlopen(f"http://127.0.0.1:{stack.parts[part].port('ADMIN_PORT')}/metrics") as page:
            exported.update(re.findall(r"^# HELP (\w+)", page.read().decode(), re.M))
    of_https = {"ordersaga_https_certificate_expires_timestamp_seconds", "ordersaga_https_handshakes_failed"}
    assert set(column("docs/operations.md", 1, "Metrics")) - of_https == exported
