"""What deploy/ sets is known, and accepted, and its parts fit each other."""

import re
from typing import Any

import pytest
import yaml

from app.cli import guidance
from app.cli.serve import DEFAULT_PORT
from app.graphql.transports.http.sse import HEARTBEAT_SECONDS
from app.graphql.transports.websocket.connection import ConnectionTimeouts
from app.settings import Settings
from tests.deploy.dockerfile import DEPLOY, stages
from tests.fixtures.server import SECRET

# Any: YAML of many shapes.
Yaml = dict[str, Any]
COMPOSE: Yaml = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS = ("api-1", "api-2", "worker", "migrate")
OF_THE_IMAGE = {"APP_ENV": "production", "GUIDANCE_DATA_DIR": "/var/lib/guidance"}
SECRETS = {
    "POSTGRES_PASSWORD": "of-postgres",
    "JWT_SECRET_KEY": SECRET,
    "CHAT_LLM_API_KEY": "of-the-model",
    "CHAT_LLM_MODEL": "large",
}
_VARIABLE = re.compile(r"\$\{([A-Z_]+)(:[-?][^}]*)?\}")


def accepted(environment: dict[str, str]) -> Settings:
    """The settings of a process with this environment, all of whose variables are known."""
    known = {name.upper() for name in Settings.model_fields}
    assert environment.keys() - known == set()
    return Settings.model_validate({name.lower(): value for name, value in environment.items()})


def test_the_image_sets_what_is_said_here() -> None:
    given = " ".join(one.value for one in stages()[1] if one.name == "ENV")
    assert OF_THE_IMAGE.items() <= dict(re.findall(r"(\S+?)=(\S+)", given)).items()


@pytest.mark.parametrize("service", OURS)
def test_compose_sets_what_is_known(service: str) -> None:
    example = dict(
        line.split("=", 1)
        for line in (DEPLOY / "example.env").read_text().splitlines()
        if line and not line.startswith("#")
    )
    named = {name for name, _ in _VARIABLE.findall((DEPLOY / "compose.yaml").read_text())}
    assert {name for name in named if not name.endswith("_PORT")} == example.keys()
    values = example | SECRETS

    given = COMPOSE["services"][service]["environment"]
    environment = {
        name: _VARIABLE.sub(lambda match: values[match[1]], value) for name, value in given.items()
    }
    settings = accepted(OF_THE_IMAGE | environment)
    assert settings.redis_url is not None
    assert (settings.database_pooler is None) == (service == "migrate")
    assert settings.shutdown_drain_seconds + settings.shutdown_grace_seconds < _seconds(
        COMPOSE["services"][service].get("stop_grace_period", "10m")
    )


def test_compose_names_files_services_and_addresses_that_exist() -> None:
    services = COMPOSE["services"]
    for service in services.values():
        for mount in service.get("volumes", ()):
            source = mount.partition(":")[0]
            exists = (
                (DEPLOY / source).exists()
                if source.startswith(".")
                else source in COMPOSE["volumes"]
            )
            assert exists, mount
        assert set(service.get("depends_on", ())) <= services.keys()
    prometheus = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    (targets,) = [one["static_configs"][0]["targets"] for one in prometheus["scrape_configs"]]
    port = services["api-1"]["environment"]["METRICS_PORT"]
    assert set(targets) == {f"{name}:{port}" for name in OURS if name != "migrate"}
    haproxy = services["haproxy"]["networks"]["default"]["ipv4_address"]
    assert services["api-1"]["environment"]["TRUSTED_PROXIES"] == haproxy
    places = re.findall(
        r"INSTANCE_\d-([a-z0-9-]+):(\d+)", (DEPLOY / "haproxy/haproxy.cfg").read_text()
    )
    assert {name for name, _ in places} >= {"api-1", "api-2"}
    assert {int(port) for _, port in places} == {DEFAULT_PORT}


def test_kubernetes_sets_what_is_known_and_waits_for_the_end() -> None:
    text = (DEPLOY / "kubernetes" / "settings.yaml").read_text()
    given: dict[str, str] = yaml.safe_load(text)["data"]
    named = re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text.partition("apiVersion")[0])
    secrets = {
        "DATABASE_URL": "postgresql://pooler/guidance",
        "DATABASE_REPLICA_URL": "postgresql://pooler/guidance_replica",
        "REDIS_URL": "rediss://redis:6379/0",
        "PAYMENTS_STRIPE_API_KEY": "rk_live_1",
        "PAYMENTS_WEBHOOK_SECRETS": "whsec_of_theirs_drawn_at_random_0123",
        "JWT_SECRET_KEY": SECRET,
        "CHAT_LLM_API_KEY": "of-the-model",
    }
    assert set(named) == secrets.keys()
    settings = accepted(OF_THE_IMAGE | given | secrets)
    instances, *_ = yaml.safe_load_all((DEPLOY / "kubernetes" / "instances.yaml").read_text())
    pod = instances["spec"]["template"]["spec"]
    takes = settings.shutdown_drain_seconds + settings.shutdown_grace_seconds
    assert takes < pod["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("name", ["guidance@.service", "guidance-worker.service"])
def test_units_set_what_is_known_and_wait_for_the_end(name: str) -> None:
    text = (DEPLOY / "systemd" / name).read_text()
    (given,) = re.findall(r"^Environment=(.*)$", text, re.MULTILINE)
    assert dict(one.split("=", 1) for one in given.split()) == OF_THE_IMAGE
    (stop,) = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    fields = Settings.model_fields
    takes = fields["shutdown_drain_seconds"].default + fields["shutdown_grace_seconds"].default
    assert takes < int(stop)


def test_every_command_that_is_run_exists() -> None:
    entry = [yaml.safe_load(one.value) for one in stages()[1] if one.name == "CMD"]
    commands: list[list[str]] = [
        *entry,
        *(COMPOSE["services"][name]["command"] for name in ("worker", "migrate")),
    ]
    for path in DEPLOY.glob("kubernetes/**/*.yaml"):
        for document in yaml.safe_load_all(path.read_text()):
            template = document.get("spec", {}).get("template", {}).get("spec", {})
            commands += [one["args"] for one in template.get("containers", ())]
    for unit in DEPLOY.glob("systemd/*"):
        (line,) = re.findall(r"^ExecStart=\S+ (.*)$", unit.read_text(), re.MULTILINE)
        commands.append(line.replace("%i", "8000").split())
    assert len(commands) == 8
    for name, *arguments in commands:
        command = guidance.get_command(guidance.make_context("guidance", [name]), name)
        assert command is not None
        command.make_context(name, arguments)


def test_proxies_are_more_patient_than_the_server_is_silent() -> None:
    settings = Settings.model_validate({})
    silence = max(
        settings.graphql_deadline_seconds,
        settings.chat_llm_timeout_seconds,
        settings.payments_timeout_seconds,
        HEARTBEAT_SECONDS,
        ConnectionTimeouts().ping_seconds,
    )
    haproxy = (DEPLOY / "haproxy" / "haproxy.cfg").read_text()
    nginx = (DEPLOY / "nginx" / "guidance.conf").read_text()
    patience = [
        *re.findall(r"timeout (?:client|server|tunnel) (\w+)", haproxy),
        *re.findall(r"proxy_(?:read|send)_timeout (\w+);", nginx),
    ]
    assert len(patience) == 5
    assert min(map(_seconds, patience)) > 2 * silence
    kept = re.findall(r"pool-purge-delay (\w+)", haproxy) + re.findall(
        r"^  keepalive_timeout (\w+);", nginx, re.MULTILINE
    )
    assert len(kept) == 2
    assert max(map(_seconds, kept)) < settings.http_idle_seconds


def _seconds(text: str) -> int:
    return int(text[:-1]) * {"s": 1, "m": 60}[text[-1]]
