"""The examples in `deploy/` are of the forms that Compose and Kubernetes take, and safe."""

import re
import shlex
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from compose_spec import PyCompose

from assethub.cli.serve import check_exposure
from assethub.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = (DEPLOY / "compose.yaml").read_text()
MANIFEST = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))


def settings_of(variables: dict[str, str]) -> Settings:
    """The settings that variables give a hub of the image."""
    image = re.findall(r"(ASSETHUB_\w+)=(\S+)", (DEPLOY / "Dockerfile").read_text())
    given = dict(image) | {n: v for n, v in variables.items() if n.startswith("ASSETHUB_")}
    names = {name.removeprefix("ASSETHUB_").lower() for name in given}
    assert names <= set(Settings.model_fields)
    return Settings(**{name.removeprefix("ASSETHUB_").lower(): v for name, v in given.items()})


def test_the_compose_file_is_one() -> None:
    merged = yaml.safe_load(COMPOSE)
    PyCompose.from_yaml(yaml.safe_dump(merged)).validate()
    merged["services"]["proxy"]["prots"] = merged["services"]["proxy"].pop("ports")
    with pytest.raises(ValueError, match="prots"):
        PyCompose.from_yaml(yaml.safe_dump(merged)).validate()


def test_the_hubs_of_the_compose_file_may_listen_where_they_do() -> None:
    services = yaml.safe_load(COMPOSE)["services"]
    for name in ("hub-1", "hub-2"):
        settings = settings_of(services[name]["environment"])
        check_exposure(settings)
        assert "ports" not in services[name]
        proxy = services["proxy"]["networks"]["inside"]["ipv4_address"]
        assert settings.trusted_proxies == proxy
        assert f"server {name}.internal:{settings.port};" in (DEPLOY / "nginx.conf").read_text()


@pytest.mark.parametrize("resource", MANIFEST, ids=lambda each: str(each["kind"]))
def test_the_manifest_is_what_kubernetes_takes(resource: dict[str, Any]) -> None:
    version = kubernetes_validate.latest_version()
    kubernetes_validate.validate(resource, version, strict=True)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(resource | {"sepc": {}}, version, strict=True)


def test_the_hubs_of_the_manifest_may_listen_where_they_do() -> None:
    found = {each["kind"]: each for each in MANIFEST}
    settings = settings_of(found["ConfigMap"]["data"] | found["Secret"]["stringData"])
    check_exposure(settings)
    pod = found["Deployment"]["spec"]["template"]["spec"]
    ports = {port["name"]: port["containerPort"] for port in pod["containers"][0]["ports"]}
    assert ports == {"http": settings.port, "metrics": settings.metrics_port}
    assert found["Ingress"]["spec"]["rules"][0]["host"] == settings.allowed_hosts


def test_the_image_is_built_of_files_that_are_there() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copies = [shlex.split(line)[1:-1] for line in lines if line.startswith("COPY ")]
    copied = [name for names in copies for name in names if not names[0].startswith("--from")]
    assert "src" in copied
    assert all((DEPLOY.parent / name).exists() for name in copied)
