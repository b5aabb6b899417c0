"""Object store client for S3 and S3-compatible stores with create-only puts."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from stockfeed.contract.objects import CONTENT_TYPE, PROBE_PREFIX
from stockfeed.errors import ConfigurationError, DataError, StockfeedError, TransientError
from stockfeed.s3_client import s3_client
from stockfeed.settings import ObjectStoreSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import TransitionDefaultMinimumObjectSizeType
    from mypy_boto3_s3.type_defs import (
        GetObjectOutputTypeDef,
        HeadObjectOutputTypeDef,
        LifecycleRuleOutputTypeDef,
        ListObjectsV2OutputTypeDef,
        ObjectTypeDef,
        PutBucketLifecycleConfigurationRequestTypeDef,
    )

# Error codes for a wrong bucket or wrong credentials, which retrying does not fix.
_CONFIGURATION_CODES = frozenset(
    {"403", "AccessDenied", "InvalidAccessKeyId", "NoSuchBucket", "SignatureDoesNotMatch"}
)
_MISSING_CODES = frozenset({"404", "NoSuchKey", "NotFound"})
_EXISTS_CODES = frozenset({"412", "PreconditionFailed"})
_CONFLICT_CODES = frozenset({"409", "ConditionalRequestConflict", "OperationAborted"})
_ARCHIVED_CODE = "InvalidObjectState"
_NO_LIFECYCLE_CODE = "NoSuchLifecycleConfiguration"
_CONFLICT_RETRIES = 20
_CONFLICT_PAUSE_SECONDS = 0.05


class UnreadableObjectError(DataError):
    """An object cannot be downloaded, and retrying does not help."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object in a listing, with its ETag and its size in bytes."""

    key: str
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """An object's ETag, size in bytes, user metadata, and modification time."""

    etag: str
    size: int
    metadata: Mapping[str, str]
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A bucket's lifecycle configuration.

    Attributes:
        rules: the rules, as boto3 represents them.
        transition_minimum: minimum size of objects moved by transition rules. A put must repeat it,
            because AWS otherwise resets it to the default. None if the store does not support it.
    """

    rules: "list[LifecycleRuleOutputTypeDef]"
    transition_minimum: "TransitionDefaultMinimumObjectSizeType | None" = None


class ObjectStore:
    """A bucket.

    All methods raise TransientError if retrying may help, and ConfigurationError if a setting, a
    credential or a permission is wrong. They are thread-safe.

    Args:
        client: a boto3 S3 client.
        bucket: the bucket's name.
    """

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self._bucket

    def create(self, key: str, body: bytes, metadata: Mapping[str, str]) -> bool:
        """Creates an object unless its key exists.

        Returns:
            True if this call created the object, False if the key exists. Since the SDK retries
            requests, False can also mean that an attempt succeeded but its response was lost.
        """
        for _ in range(_CONFLICT_RETRIES):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=body,
                    Metadata=dict(metadata),
                    ContentType=CONTENT_TYPE,
                    IfNoneMatch="*",
                )
            except (ClientError, BotoCoreError) as error:
                code = _code(error)
                if code in _EXISTS_CODES:
                    return False
                if code not in _CONFLICT_CODES:
                    raise self._translate_error(error, f"put {key}") from error
                time.sleep(_CONFLICT_PAUSE_SECONDS)
            else:
                return True
        raise TransientError(f"put {key}: {_CONFLICT_RETRIES} conflicts with another writer (409)")

    def head(self, key: str) -> ObjectHead | None:
        """Returns the object's metadata, or None if it does not exist."""
        try:
            response = self._client.head_object(Bucket=self._bucket, Key=key)
        except (ClientError, BotoCoreError) as error:
            if _code(error) in _MISSING_CODES:
                return None
            raise self._translate_error(error, f"head {key}") from error
        return _head(response)

    def download(self, key: str, target: Path, *, limit: int) -> ObjectHead:
        """Streams an object to a file and returns the metadata from the same response.

        Args:
            key: the object's key.
            target: the file.
            limit: the maximum size in bytes.

        Raises:
            UnreadableObjectError: the object is larger, or archived. Other objects may be readable.
        """
        try:
            response = self._client.get_object(Bucket=self._bucket, Key=key)
            if response["ContentLength"] > limit:
                response["Body"].close()
                raise UnreadableObjectError(
                    f"object {key!r} has {response['ContentLength']} bytes, more than the limit of "
                    f"{limit} or than when it was listed; it must not be replaced or appended to"
                )
            with target.open("wb") as file:
                for chunk in response["Body"].iter_chunks(1 << 20):
                    file.write(chunk)
        except (ClientError, BotoCoreError) as error:
            if _code(error) == _ARCHIVED_CODE:
                raise UnreadableObjectError(
                    f"object {key!r} is archived; restore it (`aws s3api restore-object`)"
                ) from error
            raise self._translate_error(error, f"get {key}") from error
        return _head(response)

    def list(self, prefix: str, start_after: str = "") -> Iterator[StoredObject]:
        """Yields the objects below `prefix` with keys greater than `start_after`, in key order."""
        for page in self._pages(prefix, start_after=start_after):
            for row in page.get("Contents", ()):
                yield _stored(row)

    def first(self, prefix: str, start_after: str) -> StoredObject | None:
        """Returns the first object that `list` would yield, with a request for only one."""
        try:
            page = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=prefix, StartAfter=start_after, MaxKeys=1
            )
        except (ClientError, BotoCoreError) as error:
            raise self._translate_error(error, f"list {prefix}") from error
        return next((_stored(row) for row in page.get("Contents", ())), None)

    def list_prefixes(self, prefix: str) -> Iterator[str]:
        """Yields the next level of "directories" below `prefix`, each ending in `/`, in order."""
        for page in self._pages(prefix, delimiter="/"):
            for row in page.get("CommonPrefixes", ()):
                yield row["Prefix"]

    def probe(self) -> None:
        """Checks that the bucket is writable and refuses to overwrite an object.

        Raises:
            ConfigurationError: the store ignores `If-None-Match: *`, so it cannot guarantee that an
                interval is written only once.
        """
        key = f"{PROBE_PREFIX}{uuid4()}"
        self.create(key, b"", {})
        overwritten = self.create(key, b"", {})
        self._delete(key)
        if overwritten:
            raise ConfigurationError(
                f"bucket {self._bucket!r} overwrote an object despite If-None-Match: *; use an "
                "object store that supports create-only puts (AWS S3, MinIO, SeaweedFS)"
            )

    def lifecycle(self) -> Lifecycle:
        """Returns the bucket's lifecycle configuration; without rules if none is set."""
        try:
            response = self._client.get_bucket_lifecycle_configuration(Bucket=self._bucket)
        except (ClientError, BotoCoreError) as error:
            if _code(error) == _NO_LIFECYCLE_CODE:
                return Lifecycle([])
            raise self._translate_error(error, "get lifecycle rules") from error
        # Stores other than AWS may omit either field.
        return Lifecycle(
            response.get("Rules", []), response.get("TransitionDefaultMinimumObjectSize")
        )

    def set_lifecycle(self, lifecycle: Lifecycle) -> None:
        """Replaces the bucket's lifecycle configuration; the last writer wins."""
        try:
            if lifecycle.rules:
                self._client.put_bucket_lifecycle_configuration(**self._put(lifecycle))
            else:
                # S3 rejects a configuration without rules.
                self._client.delete_bucket_lifecycle(Bucket=self._bucket)
        except (ClientError, BotoCoreError) as error:
            raise self._translate_error(error, "set lifecycle rules") from error

    def _put(self, lifecycle: Lifecycle) -> "PutBucketLifecycleConfigurationRequestTypeDef":
        request: PutBucketLifecycleConfigurationRequestTypeDef = {
            "Bucket": self._bucket,
            "LifecycleConfiguration": {"Rules": lifecycle.rules},
        }
        if lifecycle.transition_minimum is not None:
            request["TransitionDefaultMinimumObjectSize"] = lifecycle.transition_minimum
        return request

    def _delete(self, key: str) -> None:
        try:
            self._client.delete_object(Bucket=self._bucket, Key=key)
        except (ClientError, BotoCoreError) as error:
            # A writer does not need permission to delete; a leftover empty object is harmless.
            if _code(error) not in _CONFIGURATION_CODES:
                raise self._translate_error(error, f"delete {key}") from error

    def _pages(
        self, prefix: str, start_after: str = "", delimiter: str = ""
    ) -> "Iterator[ListObjectsV2OutputTypeDef]":
        paginator = self._client.get_paginator("list_objects_v2")
        try:
            yield from paginator.paginate(
                Bucket=self._bucket, Prefix=prefix, StartAfter=start_after, Delimiter=delimiter
            )
        except (ClientError, BotoCoreError) as error:
            raise self._translate_error(error, f"list {prefix}") from error

    def _translate_error(self, error: ClientError | BotoCoreError, action: str) -> StockfeedError:
        text = f"bucket {self._bucket!r}, {action}: {error}"
        wrong = _code(error) in _CONFIGURATION_CODES or isinstance(error, NoCredentialsError)
        return ConfigurationError(text) if wrong else TransientError(text)


def object_store(settings: ObjectStoreSettings, max_connections: int = 16) -> ObjectStore:
    """Returns the bucket named by the settings; see `s3_client` for the parameters."""
    return ObjectStore(s3_client(settings, max_connections), settings.s3_bucket)


def _stored(row: "ObjectTypeDef") -> StoredObject:
    return StoredObject(row["Key"], row["ETag"].strip('"'), row["Size"])


def _head(response: "GetObjectOutputTypeDef | HeadObjectOutputTypeDef") -> ObjectHead:
    return ObjectHead(
        response["ETag"].strip('"'),
        response["ContentLength"],
        response["Metadata"],
        response["LastModified"],
    )


def _code(error: Exception) -> str:
    if not isinstance(error, ClientError):
        return ""
    return str(error.response.get("Error", {}).get("Code", ""))
