"""Tests of the object store client against a real S3 server."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from stockfeed.errors import ConfigurationError, TransientError
from stockfeed.objectstore import ObjectStore, object_store
from stockfeed.settings import ObjectStoreSettings
from stockfeed_local.stack.s3 import SeaweedS3


@pytest.fixture
def keys(s3: SeaweedS3, tmp_path: Path) -> Path:
    """A directory laid out like a mounted Secret."""
    directory = tmp_path / "s3"
    directory.mkdir()
    (directory / "accessKeyId").write_text(s3.access_key)
    (directory / "secretAccessKey").write_text(s3.secret_key + "\n")
    return directory


@pytest.fixture
def connect(s3_bucket: str, keys: Path) -> Callable[..., ObjectStore]:
    """Creates a store from settings, with additional variables."""

    def make(endpoint: str, **more: str) -> ObjectStore:
        names = {
            "STOCKFEED_FEED": "us",
            "STOCKFEED_S3_BUCKET": s3_bucket,
            "STOCKFEED_S3_ENDPOINT": endpoint,
            "STOCKFEED_S3_CREDENTIALS_DIR": str(keys),
            **more,
        }
        return object_store(ObjectStoreSettings.from_env(names))

    return make


@pytest.fixture
def store(connect: Callable[..., ObjectStore], s3: SeaweedS3) -> ObjectStore:
    return connect(s3.endpoint)


def test_create_never_overwrites_an_object(store: ObjectStore, tmp_path: Path) -> None:
    assert store.create("a/1", b"first", {"end-offset": "9"})
    assert not store.create("a/1", b"second", {})
    store.download("a/1", tmp_path / "body", limit=5)
    assert (tmp_path / "body").read_bytes() == b"first"


def test_exactly_one_of_many_concurrent_writers_creates_the_object(store: ObjectStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda n: store.create("race", b"%d" % n, {}), range(8)))
    assert created.count(True) == 1


def test_head_returns_etag_size_and_metadata(store: ObjectStore, tmp_path: Path) -> None:
    store.create("a/1", b"12345", {"end-offset": "9", "record-count": "3"})
    head = store.head("a/1")
    assert head is not None
    assert head.size == 5
    assert head.metadata == {"end-offset": "9", "record-count": "3"}
    assert '"' not in head.etag
    assert store.download("a/1", tmp_path / "body", limit=5) == head


def test_missing_object_has_no_head_and_cannot_be_downloaded(
    store: ObjectStore, tmp_path: Path
) -> None:
    assert store.head("nothing") is None
    with pytest.raises(TransientError, match="get nothing"):
        store.download("nothing", tmp_path / "body", limit=5)


def test_list_is_in_key_order_and_starts_after_the_given_key(store: ObjectStore) -> None:
    for name in ("p/3", "p/1", "p/2", "q/1"):
        store.create(name, b"xy", {})
    assert [(row.key, row.size) for row in store.list("p/")] == [("p/1", 2), ("p/2", 2), ("p/3", 2)]
    assert [row.key for row in store.list("p/", "p/1")] == ["p/2", "p/3"]
    assert list(store.list("p/", "p/3")) == []
    assert store.first("p/", "p/1") == next(store.list("p/", "p/1"))
    assert store.first("p/", "p/3") is None
    head = store.head("p/1")
    assert head is not None
    assert next(store.list("p/")).etag == head.etag


def test_list_prefixes_returns_the_next_level_only(store: ObjectStore) -> None:
    for name in ("f/g=1/t=1/x", "f/g=1/t=2/x", "f/g=2/t=1/x", "f/file"):
        store.create(name, b"", {})
    assert list(store.list_prefixes("f/")) == ["f/g=1/", "f/g=2/"]
    assert list(store.list_prefixes("f/g=1/")) == ["f/g=1/t=1/", "f/g=1/t=2/"]


def test_probe_passes_and_removes_its_object(store: ObjectStore) -> None:
    store.probe()
    assert list(store.list("")) == []


def test_probe_rejects_a_store_that_overwrites(
    s3: SeaweedS3, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = s3.client()
    overwriting = client.put_object

    def put_object(**request: Any) -> Any:
        del request["IfNoneMatch"]
        return overwriting(**request)

    monkeypatch.setattr(client, "put_object", put_object)
    with pytest.raises(ConfigurationError, match="create-only"):
        ObjectStore(client, s3_bucket).probe()


def test_missing_bucket_is_a_configuration_error(
    connect: Callable[..., ObjectStore], s3: SeaweedS3
) -> None:
    store = connect(s3.endpoint, STOCKFEED_S3_BUCKET="not-there")
    with pytest.raises(ConfigurationError, match="'not-there'"):
        store.create("a", b"", {})
    with pytest.raises(ConfigurationError, match="'not-there'"):
        list(store.list(""))


def test_refused_access_key_is_a_configuration_error(
    connect: Callable[..., ObjectStore], s3: SeaweedS3, keys: Path
) -> None:
    (keys / "secretAccessKey").write_text("wrong")
    with pytest.raises(ConfigurationError):
        connect(s3.endpoint).create("a", b"", {})


def test_uses_a_rotated_key_without_a_new_client(store: ObjectStore, keys: Path) -> None:
    right = (keys / "secretAccessKey").read_text()
    assert store.create("a", b"", {})
    (keys / "secretAccessKey").write_text("wrong")
    with pytest.raises(ConfigurationError):
        store.create("b", b"", {})
    (keys / "secretAccessKey").write_text(right)
    assert store.create("b", b"", {})


def test_unreachable_server_is_a_transient_error(connect: Callable[..., ObjectStore]) -> None:
    with pytest.raises(TransientError, match="put a"):
        connect("http://127.0.0.1:1").create("a", b"", {})


def test_reads_credentials_from_the_sdk_environment_variables(
    s3: SeaweedS3, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
    settings = ObjectStoreSettings.from_env(
        {
            "STOCKFEED_FEED": "us",
            "STOCKFEED_S3_BUCKET": s3_bucket,
            "STOCKFEED_S3_ENDPOINT": s3.endpoint,
        }
    )
    assert object_store(settings).create("a", b"", {})


def test_retries_a_409_conflict(
    s3: SeaweedS3, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, answers = s3.client(), ["409", "409"]
    put = client.put_object

    def put_object(**request: Any) -> Any:
        if answers:
            raise client.exceptions.ClientError({"Error": {"Code": answers.pop()}}, "PutObject")
        return put(**request)

    monkeypatch.setattr(client, "put_object", put_object)
    assert ObjectStore(client, s3_bucket).create("a", b"", {})
