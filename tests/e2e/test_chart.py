"""What the Helm chart makes, read from the golden files (tests/chart): helm is not in Debian, so only the comparison of the
files with the chart needs it."""

import re
import shutil
import subprocess

import pytest
import yaml

from support.kube_schema import model_of, violations
from support.stack import ROOT

CHART = ROOT / "tests/chart"
SETS = sorted(path.stem for path in (CHART / "values").glob("*.yaml"))
# Not settings of a program: what Config reads beside them.
OF_KUBERNETES = {"POD_IP", "PGSSLMODE", "PGSSLROOTCERT"}
OF_OPERATORS = {"monitoring.coreos.com/v1", "cert-manager.io/v1"}


def files(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def objects(name):
    return [thing for text in files(CHART / "golden" / name).values() for thing in yaml.safe_load_all(text) if thing]


def of_kind(name, kind):
    return {thing["metadata"]["labels"]["app.kubernetes.io/component"]: thing for thing in objects(name)
            if thing["kind"] == kind}


def container_of(deployment):
    return deployment["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not installed: the golden files were not compared")
def test_the_golden_files_are_what_the_chart_makes(tmp_path):
    subprocess.run([CHART / "render", tmp_path], check=True, timeout=120)
    for name in SETS:
        assert files(tmp_path / name) == files(CHART / "golden" / name), name


@pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not installed")
@pytest.mark.parametrize("said, asked", [("gateway.plainHttp=true", "Where do e-mails go?"),
                                         ("notification.mailboxClaim=mail", "API keys must not come in the clear")])
def test_what_cannot_be_guessed_must_be_said(said, asked):
    done = subprocess.run(["helm", "template", "--kube-version", "1.29.0", "--set", said, ROOT / "deploy/helm/ordersaga"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and asked in done.stderr


@pytest.mark.parametrize("name", SETS)
def test_every_object_is_what_kubernetes_says_its_kind_is(name):
    found = {}
    for thing in objects(name):
        if model_of(thing) is None:
            assert thing["apiVersion"] in OF_OPERATORS, thing
            continue
        found[thing["kind"]] = found.get(thing["kind"], 0) + 1
        assert violations(thing) == [], thing["metadata"]["name"]
    assert found["Deployment"] == found["Service"] == 5


def test_an_object_that_is_wrong_is_found():
    deployment = of_kind("small", "Deployment")["payment"]
    deployment["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    assert violations(deployment) == ["Deployment.spec.template.spec.containers[0].livenesProbe is not known"]
    del deployment["spec"]["selector"]
    assert violations(deployment) == ["Invalid value for `selector`, must not be `None`"]


@pytest.mark.parametrize("name", SETS)
def test_every_program_is_there_once(name):
    assert set(of_kind(name, "Deployment")) == {"gateway", "orchestrator", "payment", "inventory", "notification"}
    assert set(of_kind(name, "Service")) == set(of_kind(name, "Deployment"))


@pytest.mark.parametrize("name", SETS)
def test_every_variable_is_a_setting_of_its_program_and_its_value_is_taken(name):
    for part, deployment in of_kind(name, "Deployment").items():
        container = container_of(deployment)
        given = {entry["name"]: entry.get("value") for entry in container["env"]}
        program = ROOT / "build/bin" / container["command"][0]
        shown = subprocess.run([program, "--print-config"], capture_output=True, text=True, timeout=10, check=True,
                               env={key: value.replace("$(POD_IP)", "10.0.0.7") for key, value in given.items()
                                    if value is not None})
        settings = set(re.findall(r"^(\w+) = ", shown.stdout, re.M))
        assert {key.lower() for key in set(given) - OF_KUBERNETES} <= settings, part


@pytest.mark.parametrize("name", SETS)
def test_databases_are_brought_up_to_date_before_programs_that_run_no_ddl(name):
    jobs = of_kind(name, "Job")
    for part, deployment in of_kind(name, "Deployment").items():
        container = container_of(deployment)
        env = {entry["name"]: entry for entry in container["env"]}
        assert env.get("MIGRATE", {}).get("value") == (None if part == "gateway" else "off"), part
        if part == "gateway":
            continue
        job = jobs.pop(f"{part}-migrate")
        first = container_of(job)
        assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
        assert first["command"] == [*container["command"], "migrate", "--apply"]
        assert first["env"] == [env[name] for name in ("DATABASE_URL", "PGSSLMODE", "PGSSLROOTCERT") if name in env]
        assert first["image"] == container["image"]
        assert job["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"]
        assert first["securityContext"] == container["securityContext"]
    assert not jobs


@pytest.mark.parametrize("name", SETS)
def test_ports_are_those_the_programs_listen_on(name):
    for part, deployment in of_kind(name, "Deployment").items():
        container = container_of(deployment)
        shown = subprocess.run([ROOT / "build/bin" / container["command"][0], "--print-config"], capture_output=True, text=True,
                               timeout=10, check=True, env={}).stdout
        ports = {port["name"]: str(port["containerPort"]) for port in container["ports"]}
        assert ports == {"serve": re.search(r'server_port = "(\d+)"', shown)[1],
                         "admin": re.search(r'admin_port = "(\d+)"', shown)[1]}, part


@pytest.mark.parametrize("name", SETS)
def test_a_pod_has_few_rights_a_memory_limit_and_time_to_drain(name):
    for part, deployment in of_kind(name, "Deployment").items():
        pod, container = deployment["spec"]["template"]["spec"], container_of(deployment)
        env = {entry["name"]: entry.get("value") for entry in container["env"]}
        assert pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"], part
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, part
        assert container["resources"]["limits"]["memory"] == "1Gi", part
        sleeps = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
        assert pod["terminationGracePeriodSeconds"] > int(env["DRAIN_TIMEOUT"][:-1]) + sleeps, part
        assert {probe["httpGet"]["path"] for probe in (container["startupProbe"], container["livenessProbe"])} == {"/livez"}
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


@pytest.mark.parametrize("name", SETS)
def test_a_program_shows_its_own_certificate_and_the_gateway_takes_no_key_in_the_clear_by_accident(name):
    for part, deployment in of_kind(name, "Deployment").items():
        pod, container = deployment["spec"]["template"]["spec"], container_of(deployment)
        env = {entry["name"]: entry.get("value") for entry in container["env"]}
        places = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        secrets = {volume["name"]: volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
        assert secrets[places[env["TLS_FOLDER"]]] == f"ordersaga-tls-{part}"
        if part == "gateway":
            assert ("HTTPS_FOLDER" in env) != (env.get("PLAIN_HTTP") == "true")
            assert "HTTPS_FOLDER" not in env or secrets[places[env["HTTPS_FOLDER"]]] == "shop-https"
        elif "PGSSLROOTCERT" in env:
            assert secrets[places[env["PGSSLROOTCERT"].rpartition("/")[0]]] == "shop-db-ca"


def test_cert_manager_makes_the_certificate_of_every_program():
    made = {thing["spec"]["secretName"]: thing["spec"]["uris"] for thing in objects("operators") if thing["kind"] == "Certificate"}
    assert made == {f"ordersaga-tls-{program}": [f"spiffe://ordersaga/{program}"] for program in
                    ("orchestrator", "gateway", "payment", "inventory", "notification", "sagactl")}


@pytest.mark.parametrize("name", SETS)
def test_no_secret_stands_in_the_chart(name):
    for deployment in of_kind(name, "Deployment").values():
        for entry in container_of(deployment)["env"]:
            if entry["name"] in ("DATABASE_URL", "RABBITMQ_URL", "SMTP_PASSWORD"):
                assert set(entry["valueFrom"]["secretKeyRef"]) == {"name", "key"}
    assert not of_kind(name, "Secret")


@pytest.mark.parametrize("name", SETS)
def test_no_service_shows_an_admin_port(name):
    for part, service in of_kind(name, "Service").items():
        assert [port["targetPort"] for port in service["spec"]["ports"]] == ["serve"], part


@pytest.mark.parametrize("name", SETS)
def test_whoever_has_replicas_keeps_one_and_nobody_else_has_a_budget(name):
    budgets = of_kind(name, "PodDisruptionBudget")
    assert set(budgets) == {part for part, it in of_kind(name, "Deployment").items() if it["spec"]["replicas"] > 1}


@pytest.mark.parametrize("name", [name for name in SETS if name != "operators"])
def test_only_the_gateway_may_be_called_by_strangers(name):
    policies = of_kind(name, "NetworkPolicy")
    assert set(policies) == set(of_kind(name, "Deployment"))
    for part, policy in policies.items():
        served = container_of(of_kind(name, "Deployment")[part])["ports"][0]["containerPort"]
        rules = {rule["ports"][0]["port"]: rule.get("from") for rule in policy["spec"]["ingress"]}
        callers = {peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for peer in rules[served] or ()
                   if "podSelector" in peer}
        if part != "gateway":
            assert callers and callers <= {"gateway", "orchestrator"}, part
        assert all(rules[port] for port in rules if port != served), part


def test_alerts_are_about_metrics_that_exist():
    rules = of_kind("ingress_and_monitoring", "PrometheusRule")["monitoring"]["spec"]["groups"][0]["rules"]
    documented = (ROOT / "docs/operations.md").read_text()
    for rule in rules:
        for metric in re.findall(r"ordersaga_\w+", rule["expr"]):
            assert f"`{metric}`" in documented, metric
