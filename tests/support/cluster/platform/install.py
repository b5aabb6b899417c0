"""Brings up the cluster, the platform and the operator, whatever is already there."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from support.cluster import lifecycle, monitoring, upstream
from support.cluster.kubectl import KubectlError, apply_file, kubectl
from support.cluster.layout import KUBECONFIG
from support.cluster.platform import images, kafka_tls
from support.cluster.waiting import wait_for
from support.tools import programs

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The user's current cluster, created by `make kind-up`: the platform is there already.
ON_KIND = os.environ.get("E2E_CLUSTER") == "kind"
BUCKET = "source-transaction"
CHARTS = Path(__file__).parents[4] / "charts"
_MANIFESTS = Path(__file__).parent / "manifests"
_PLATFORM = ("kafka", "minio", "snowflake", "quotes", "topic-operator")
_SERVICES = ("stocks-kafka-bootstrap", "minio", "snowflake", "quotes")
_WAIT_SECONDS = 180


def install() -> None:
    """Installs everything; leaves unchanged what is already up to date.

    Raises:
        RuntimeError, KubectlError: a step failed; the message contains its error output.
        TimeoutError: a Service does not accept connections.
    """
    lifecycle.up()
    images.load()
    upstream.install()
    monitoring.install()
    platform()
    operator()


def platform() -> None:
    """Installs the platform's chart, and stand-ins for the upstream charts."""
    chart = CHARTS / "stockfeed-platform"
    values = chart / "values-kind.yaml"
    small = "--set=emulator.resources.requests.cpu=50m"  # the node has only two cores
    helm("platform", "stocks", chart, f"--values={values}", small)
    kafka_tls.install()
    for file in sorted(_MANIFESTS.glob("*.yaml")):
        apply_file(file)
    wait_for_rollouts("stocks", _PLATFORM)
    for service in _SERVICES:
        _wait_for_service(service)
    _make_bucket()


def operator(*options: str, chart: Path = CHARTS / "stockfeed-operator") -> None:
    """Installs the operator's chart, or another one, with helm's `options`."""
    helm("stockfeed-operator", "stockfeed", chart, *_operator_values(), *options)
    wait_for_rollouts("stockfeed", ["stockfeed-operator"])


def _operator_values() -> list[str]:
    if ON_KIND:
        return ["--reset-then-reuse-values"]
    # A rebuilt image keeps its name; the annotation makes Kubernetes replace the pod.
    image = f"--set-string=pod.annotations.image={images.identity('operator')}"
    return [f"--values={CHARTS / 'kind/stockfeed-operator.yaml'}", image]


def helm(release: str, namespace: str, chart: Path, *options: str) -> None:
    """Installs or upgrades one of our charts.

    Raises:
        RuntimeError: helm failed.
    """
    own = [] if ON_KIND else [f"--kubeconfig={KUBECONFIG}"]
    command = [
        str(programs.helm()), *own, "upgrade", release, str(chart), "--install",
        f"--namespace={namespace}", "--create-namespace", *options,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"helm upgrade {release}: {done.stderr.strip()}")


def wait_for_rollouts(namespace: str, deployments: Sequence[str]) -> None:
    """Waits until the Deployments are rolled out.

    Raises:
        KubectlError: a rollout timed out; the message lists the namespace's pods.
    """
    timeout = f"--timeout={_WAIT_SECONDS}s"
    for name in deployments:
        try:
            kubectl("rollout", "status", f"deployment/{name}", f"--namespace={namespace}", timeout)
        except KubectlError as error:
            pods = kubectl("get", "pods", f"--namespace={namespace}", "--output=wide")
            raise KubectlError(f"{error}\n{pods}") from error


def service_address(name: str, namespace: str = "stocks") -> str:
    """Returns the address of a Service, which this machine can reach directly."""
    path = "--output=jsonpath={.spec.clusterIP}:{.spec.ports[0].port}"
    return kubectl("get", "service", name, f"--namespace={namespace}", path)


def s3_client() -> "S3Client":
    """Returns a client of the platform's MinIO, which this machine can reach directly."""
    return boto3.client(
        "s3",
        endpoint_url=f"http://{service_address('minio')}",
        aws_access_key_id="stockfeed",
        aws_secret_access_key="stockfeed-demo",
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )


def _wait_for_service(name: str) -> None:
    # A rollout ends with ready pods. Until kube-proxy has written the rules for their Service, its
    # address refuses connections.
    host, port = service_address(name).split(":")
    wait_for(f"Service {name} to accept connections", lambda: _accepts(host, int(port)), seconds=60)


def _accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _make_bucket() -> None:
    try:
        s3_client().create_bucket(Bucket=BUCKET)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise


if __name__ == "__main__":
    try:
        install()
    except (RuntimeError, KubectlError, TimeoutError) as problem:
        sys.exit(f"error: {problem}")
