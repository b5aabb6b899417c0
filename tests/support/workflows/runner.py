"""Runs a Workflow as Argo 4.1 does: volumes, containers' exact commands and environment, outputs.

It follows these sources closely:
- a container whose dependency failed does not start (`cmd/argoexec/commands/emissary.go`);
- outputs are read from the volumes at the end, even after a failure, and have defaults
  (`workflow/executor/executor.go`, SaveParameters);
- the Workflow's message is that of the first failed container by name
  (`workflow/controller/operator.go`, inferFailedReason);
- a container's message is its termination log, or the end of its log if that is empty (Kubernetes'
  FallbackToLogsOnError).
An engine decides how a container runs: as a process, or from the built image.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

_PARAMETER = re.compile(r"\{\{workflow\.parameters\.([a-z0-9-]+)\}\}")
_LOG_CHARACTERS = 2048

Manifest = dict[str, Any]
Secrets = Mapping[str, Mapping[str, str]]
"""The namespace's Secrets: keys and values by name."""


@dataclass(frozen=True)
class Container:
    """A container to run.

    Attributes:
        image: the image's reference.
        command: command and arguments.
        env: the environment variables of the manifest.
        mounts: directories of this machine, by their paths in the container.
    """

    image: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    mounts: Mapping[str, Path]


@dataclass(frozen=True)
class Ended:
    """The end of a container; one that did not start failed, too.

    Attributes:
        code: the exit code.
        log: its output.
        termination: the content of its termination log.
        started: whether its command ran.
    """

    code: int
    log: str = ""
    termination: str = ""
    started: bool = True

    @property
    def message(self) -> str:
        """Returns the message that Kubernetes shows for it."""
        return self.termination or self.log[-_LOG_CHARACTERS:]


class Engine(Protocol):
    """Runs containers."""

    def run(self, container: Container) -> Ended: ...


@dataclass(frozen=True)
class Run:
    """A Workflow that has ended.

    Attributes:
        phase: as in its status.
        message: as in its status.
        outputs: its global outputs.
        containers: the end of each container, by name.
    """

    phase: str
    message: str
    outputs: Mapping[str, str]
    containers: Mapping[str, Ended]

    @property
    def workflow(self) -> Manifest:
        """Returns the Workflow as the operator reads it."""
        parameters = [{"name": name, "value": value} for name, value in self.outputs.items()]
        status = {
            "phase": self.phase,
            "message": self.message,
            "finishedAt": "2026-03-04T15:01:00Z",
            "outputs": {"parameters": parameters},
        }
        return {"metadata": {"name": "run"}, "status": status}


def play(spec: Manifest, secrets: Secrets, engine: Engine, home: Path, **parameters: str) -> Run:
    """Runs a Workflow that has one template.

    Args:
        spec: the Workflow's spec.
        secrets: the Secrets that the pod may mount.
        engine: runs the containers.
        home: an empty directory for the pod's volumes.
        parameters: the Workflow's parameters, with `_` for `-`.
    """
    given = {name.replace("_", "-"): value for name, value in parameters.items()}
    values = {part["name"]: part.get("value") for part in spec["arguments"]["parameters"]}
    assert given.keys() <= values.keys(), "Argo would pass over what is not declared"
    values |= given
    (template,) = [part for part in spec["templates"] if part["name"] == spec["entrypoint"]]
    there = _volumes_of_pod(template)
    volumes = {
        part["name"]: _volume(part, secrets, home)
        for part in spec["volumes"]
        if part["name"] in there
    }
    ended: dict[str, Ended] = {}
    for container in _containers(template):
        failed = [name for name in container.get("dependencies", ()) if ended[name].code]
        if failed:
            text = f'dependency "{failed[0]}" exited with non-zero code: {ended[failed[0]].code}'
            ended[container["name"]] = Ended(1, text, started=False)
        else:
            ended[container["name"]] = engine.run(_container(container, values, volumes))
    phase, message = _verdict(ended)
    mounts = _mounts(_containers(template)[-1], volumes)
    return Run(phase, message, _outputs(template, mounts), ended)


def _volumes_of_pod(template: Manifest) -> set[str]:
    """Returns the volumes that Argo gives to the pod.

    Argo considers the mounts of a container set, but not those of a single container in it.
    """
    part = template.get("containerSet") or template["container"]
    return {mount["name"] for mount in part["volumeMounts"]}


def _containers(template: Manifest) -> list[Manifest]:
    """Returns the containers in an order in which each follows its dependencies."""
    if "container" in template:
        return [{**template["container"], "name": "main"}]
    shared = template["containerSet"].get("volumeMounts", [])
    return [
        {**container, "volumeMounts": [*container.get("volumeMounts", []), *shared]}
        for container in template["containerSet"]["containers"]
    ]


def _volume(volume: Manifest, secrets: Secrets, home: Path) -> Path:
    directory = home / str(volume["name"])
    directory.mkdir()
    if "secret" in volume:
        keys = secrets[volume["secret"]["secretName"]]
        for item in volume["secret"]["items"]:
            if item["key"] in keys:
                (directory / item["path"]).write_text(keys[item["key"]])
    else:
        assert "emptyDir" in volume
    return directory


def _mounts(container: Manifest, volumes: Mapping[str, Path]) -> dict[str, Path]:
    return {mount["mountPath"]: volumes[mount["name"]] for mount in container["volumeMounts"]}


def _container(
    container: Manifest, values: Mapping[str, str | None], volumes: Mapping[str, Path]
) -> Container:
    command = (*container["command"], *container.get("args", ()))
    return Container(
        image=container["image"],
        command=tuple(_substituted(part, values) for part in command),
        env={part["name"]: _substituted(part["value"], values) for part in container["env"]},
        mounts=_mounts(container, volumes),
    )


def _substituted(text: str, values: Mapping[str, str | None]) -> str:
    def value(found: re.Match[str]) -> str:
        given = values[found[1]]
        assert given is not None, f"parameter {found[1]} has no value"
        return given

    result = _PARAMETER.sub(value, text)
    assert "{{" not in result, result
    return result


def _verdict(ended: Mapping[str, Ended]) -> tuple[str, str]:
    for name in sorted(ended):
        one = ended[name]
        if one.code:
            return "Failed", f"{name}: Error (exit code {one.code}): {one.message}"
    return "Succeeded", ""


def _outputs(template: Manifest, mounts: Mapping[str, Path]) -> dict[str, str]:
    found = {}
    for parameter in template.get("outputs", {}).get("parameters", ()):
        path = Path(parameter["valueFrom"]["path"])
        file = mounts[str(path.parent)] / path.name
        text = file.read_text() if file.exists() else parameter["valueFrom"]["default"]
        found[parameter["globalName"]] = text.removesuffix("\n")
    return found
