"""The files under deploy/ fit each other and what they start. None of them is run: that takes Docker or a cluster."""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from scheduling.server.settings import DATABASE_VARIABLES, PREFIX, Settings
from tidings.cli.serve import serve

DEPLOY = Path(__file__).parents[2] / "deploy"
ROOT = DEPLOY.parent
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NGINX = (DEPLOY / "nginx" / "nginx.conf").read_text()
OBJECTS = [
    one for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")) for one in yaml.safe_load_all(path.read_text())
]
BY_KIND: dict[str, dict[str, Any]] = {one["kind"]: one for one in OBJECTS}
POD = BY_KIND["Deployment"]["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]

OF_TIDINGS = {"WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "TIDINGS_METRICS_PORT"}
"""What `tidings serve` reads beside its options."""


def command() -> list[str]:
    found = re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found
    parts: list[str] = json.loads(found[1])
    return parts


def option(name: str) -> str:
    parts = command()
    return parts[parts.index(name) + 1]


def images() -> Iterator[str]:
    yield from re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    yield from (service["image"] for service in SERVICES.values() if "build" not in service)


@pytest.mark.parametrize("image", list(images()))
def test_images_are_pinned(image: str) -> None:
    assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.?\d*(-[a-z-]+)?", image)


class TestDockerfile:
    def test_it_serves_with_options_that_exist(self) -> None:
        program, subcommand, application, *rest = command()
        assert (program, subcommand, application) == ("tidings", "serve", "scheduling.server.main:app")
        assert set(rest[::2]) <= {f"--{name.replace('_', '-')}" for name in inspect.signature(serve).parameters}

    def test_what_it_copies_is_there_and_not_ignored(self) -> None:
        copied = [
            path
            for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
            for path in line.split()[:-1]
        ]
        kept = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"}
        for path in copied:
            assert (ROOT / path).exists(), path
            assert path.partition("/")[0] in kept, path

    def test_it_runs_as_nobody_and_is_asked_how_it_is(self) -> None:
        assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)
        assert f"127.0.0.1:{option('--port')}/healthz" in DOCKERFILE
        assert f"EXPOSE {option('--port')} {option('--metrics-port')}" in DOCKERFILE


def variables() -> Iterator[tuple[str, str]]:
    for name in ("app", "migrate"):
        yield from ((name, variable) for variable in SERVICES[name]["environment"])
    yield from (("pod", entry["name"]) for entry in CONTAINER["env"])
    readme = (DEPLOY / "kubernetes" / "README.md").read_text()
    yield from (("secret", name) for name in re.findall(r"--from-literal=(\w+)=", readme))
    yield from (("image", name) for name in re.findall(r"\b(SCHEDULING_\w+)=", DOCKERFILE))


@pytest.mark.parametrize(("place", "variable"), list(variables()))
def test_every_variable_is_one_that_somebody_reads(place: str, variable: str) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | OF_TIDINGS | {*DATABASE_VARIABLES}
    assert variable in known, f"{place}: {variable}"


class TestCompose:
    def test_what_it_mounts_and_builds_from_is_there(self) -> None:
        for service in SERVICES.values():
            for volume in service.get("volumes", ()):
                source = volume.partition(":")[0]
                assert source in COMPOSE["volumes"] or (DEPLOY / source).exists(), source
            if "build" in service:
                assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).exists()

    def test_what_a_service_waits_for_is_there(self) -> None:
        for service in SERVICES.values():
            assert set(service.get("depends_on", ())) <= SERVICES.keys()

    def test_three_replicas_each_have_the_time_to_drain(self) -> None:
        app = SERVICES["app"]
        assert app["deploy"]["replicas"] == 3
        assert int(app["stop_grace_period"].removesuffix("s")) > grace()
        assert app["expose"] == [option("--port"), option("--metrics-port")]

    def test_addresses_lead_to_services_and_their_ports(self) -> None:
        environment = SERVICES["app"]["environment"]
        assert "@postgres:5432/" in environment["DATABASE_URL"]
        assert environment["SCHEDULING_BROKER"] == "redis://valkey:6379"
        assert {"postgres", "valkey"} <= SERVICES.keys()
        scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"][0]
        assert scraped["dns_sd_configs"][0]["port"] == int(option("--metrics-port"))
        assert scraped["dns_sd_configs"][0]["names"] == ["app"]
        source = DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yml"
        assert yaml.safe_load(source.read_text())["datasources"][0]["url"] == "http://prometheus:9090"

    def test_the_log_is_kept_and_never_evicted(self) -> None:
        command = SERVICES["valkey"]["command"]
        assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
        assert command[command.index("--appendonly") + 1] == "yes"

    def test_the_proxy_it_trusts_is_its_own_network(self) -> None:
        subnet = COMPOSE["networks"]["default"]["ipam"]["config"][0]["subnet"]
        assert SERVICES["app"]["environment"]["FORWARDED_ALLOW_IPS"] == subnet

    def test_only_loopback_is_published(self) -> None:
        published = [port for service in SERVICES.values() for port in service.get("ports", ())]
        assert published
        assert all(port.startswith("127.0.0.1:") for port in published)


class TestNginx:
    def test_braces_match(self) -> None:
        assert NGINX.count("{") == NGINX.count("}")

    def test_it_passes_upgrades_on_and_is_patient(self) -> None:
        websocket = block("location = /ws")
        assert "proxy_set_header Upgrade $http_upgrade;" in websocket
        assert "proxy_set_header Connection $connection_upgrade;" in websocket
        assert "proxy_read_timeout 1h;" in websocket
        assert "proxy_http_version 1.1;" in NGINX

    def test_a_place_that_sets_a_header_sets_all(self) -> None:
        """nginx inherits `proxy_set_header` only where none is set."""
        inherited = headers(block("server").partition("location")[0])
        assert {"Host", "X-Forwarded-For", "X-Forwarded-Proto"} <= inherited
        for place in re.findall(r"location [^{]+", NGINX):
            own = headers(block(place.rstrip()))
            assert not own or inherited <= own, place

    def test_it_leads_to_the_application_and_listens_where_it_is_published(self) -> None:
        assert f"server app:{option('--port')} resolve" in NGINX
        assert f"127.0.0.1:8080:{re.search('listen ([0-9]+);', NGINX)[1]}" in SERVICES["nginx"]["ports"]  # type: ignore[index]

    def test_it_keeps_tokens_out_of_its_log_and_the_inside_in(self) -> None:
        form = re.search(r"log_format plain (.*);", NGINX)
        assert form
        assert not re.search(r"\$(request|request_uri|args|query_string)\b", form[1])
        assert "return 404" in block("location = /metrics")


class TestKubernetes:
    def test_everything_is_of_one_application(self) -> None:
        labels = BY_KIND["Deployment"]["spec"]["template"]["metadata"]["labels"]
        assert BY_KIND["Deployment"]["spec"]["selector"]["matchLabels"] == labels
        assert BY_KIND["Service"]["spec"]["selector"] == labels
        assert BY_KIND["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
        name = BY_KIND["Deployment"]["metadata"]["name"]
        assert BY_KIND["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == name

    def test_ports_agree(self) -> None:
        ports = {port["name"]: port["containerPort"] for port in CONTAINER["ports"]}
        assert ports == {"http": int(option("--port")), "metrics": int(option("--metrics-port"))}
        [port] = BY_KIND["Service"]["spec"]["ports"]
        backend = BY_KIND["Ingress"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
        assert (port["targetPort"], port["name"]) == ("http", "http")
        assert backend == {"name": BY_KIND["Service"]["metadata"]["name"], "port": {"name": "http"}}
        annotations = BY_KIND["Deployment"]["spec"]["template"]["metadata"]["annotations"]
        assert annotations["prometheus.io/port"] == option("--metrics-port")

    def test_probes_ask_for_what_is_answered(self) -> None:
        assert CONTAINER["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
        assert CONTAINER["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}

    def test_a_pod_has_the_time_to_drain(self) -> None:
        pause = CONTAINER["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert POD["terminationGracePeriodSeconds"] >= grace() + pause + 5

    def test_proxies_are_patient(self) -> None:
        annotations = BY_KIND["Ingress"]["metadata"]["annotations"]
        assert int(annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]) >= 3600


def grace() -> int:
    """Seconds that `tidings serve` has to stop."""
    seconds: int = inspect.signature(serve).parameters["grace"].default
    return seconds


def headers(lines: str) -> set[str]:
    """Those that are set for the server behind the proxy."""
    return set(re.findall(r"proxy_set_header (\S+)", lines))


def block(head: str) -> str:
    """What nginx is told in the braces after this."""
    _, _, rest = NGINX.partition(f"{head} {{")
    assert rest, head
    return rest.partition("}")[0]
