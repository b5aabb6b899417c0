"""The boto3 client for S3 and S3-compatible stores, with credentials that may rotate."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import CredentialProvider, RefreshableCredentials

from stockfeed.settings import ObjectStoreSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CREDENTIAL_LIFETIME = timedelta(seconds=5)


def s3_client(settings: ObjectStoreSettings, max_connections: int) -> "S3Client":
    """Returns an S3 client for the settings' endpoint and credentials.

    Args:
        settings: an endpoint means MinIO or similar, with path-style addresses; none means AWS S3.
        max_connections: limit on concurrent requests.
    """
    session = botocore.session.get_session()
    access_key, secret_key = settings.s3_access_key, settings.s3_secret_key
    if access_key is not None and secret_key is not None:
        provider = _MountedKeys(lambda: (access_key.get(), secret_key.get()))
        session.get_component("credential_provider").insert_before("env", provider)
    return boto3.Session(botocore_session=session).client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        # MinIO ignores the region, but the SDK requires one.
        region_name=settings.s3_region or ("us-east-1" if settings.s3_endpoint else None),
        config=Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=max_connections,
            s3={"addressing_style": "path"} if settings.s3_endpoint else {},
            # Since boto3 1.36 the SDK adds CRC checksums by default, which other stores may reject.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


class _MountedKeys(CredentialProvider):
    """Credentials from mounted files, reread every few seconds to pick up rotations."""

    METHOD = "mounted-files"
    CANONICAL_NAME = "MountedFiles"

    def __init__(self, read: Callable[[], tuple[str, str]]) -> None:
        super().__init__()
        self._read = read

    def load(self) -> RefreshableCredentials:
        return RefreshableCredentials.create_from_metadata(
            metadata=self._metadata(), refresh_using=self._metadata, method=self.METHOD
        )

    def _metadata(self) -> dict[str, str]:
        access_key, secret_key = self._read()
        expires = datetime.now(UTC) + _CREDENTIAL_LIFETIME
        return {
            "access_key": access_key,
            "secret_key": secret_key,
            "token": "",
            "expiry_time": expires.isoformat(),
        }
