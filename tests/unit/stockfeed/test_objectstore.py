"""The object store's client against a real S3 server."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from stockfeed.errors import ConfigurationError, TransientError
from stockfeed.objectstore import ObjectStore, object_store
from stockfeed.settings import ObjectStoreSettings


@pytest.fixture
def keys(s3, tmp_path):
    """A directory as a mounted Secret has it."""
    directory = tmp_path / "s3"
    directory.mkdir()
    (directory / "accessKeyId").write_text(s3.access_key)
    (directory / "secretAccessKey").write_text(s3.secret_key + "\n")
    return directory


@pytest.fixture
def connect(s3_bucket, keys):
    """The store by its settings, with more variables if given."""

    def make(endpoint, **more):
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
def store(connect, s3):
    return connect(s3.endpoint)


def test_an_object_is_created_once_and_never_overwritten(store, tmp_path):
    assert store.create("a/1", b"first", {"end-offset": "9"})
    assert not store.create("a/1", b"second", {})
    store.download("a/1", tmp_path / "body")
    assert (tmp_path / "body").read_bytes() == b"first"


def test_of_many_writers_one_creates(store):
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda n: store.create("race", b"%d" % n, {}), range(8)))
    assert created.count(True) == 1


def test_head_tells_size_and_metadata(store, tmp_path):
    store.create("a/1", b"12345", {"end-offset": "9", "record-count": "3"})
    head = store.head("a/1")
    assert head.size == 5
    assert head.metadata == {"end-offset": "9", "record-count": "3"}
    assert '"' not in head.etag
    assert store.download("a/1", tmp_path / "body") == head


def test_what_is_not_there_has_no_head_and_no_download(store, tmp_path):
    assert store.head("nothing") is None
    with pytest.raises(TransientError, match="get nothing"):
        store.download("nothing", tmp_path / "body")


def test_a_listing_is_in_order_and_starts_after_a_key(store):
    for name in ("p/3", "p/1", "p/2", "q/1"):
        store.create(name, b"xy", {})
    assert [(row.key, row.size) for row in store.list("p/")] == [("p/1", 2), ("p/2", 2), ("p/3", 2)]
    assert [row.key for row in store.list("p/", "p/1")] == ["p/2", "p/3"]
    assert list(store.list("p/", "p/3")) == []
    assert store.first("p/", "p/1") == next(store.list("p/", "p/1"))
    assert store.first("p/", "p/3") is None
    assert next(store.list("p/")).etag == store.head("p/1").etag


def test_prefixes_are_the_next_level_only(store):
    for name in ("f/g=1/t=1/x", "f/g=1/t=2/x", "f/g=2/t=1/x", "f/file"):
        store.create(name, b"", {})
    assert list(store.list_prefixes("f/")) == ["f/g=1/", "f/g=2/"]
    assert list(store.list_prefixes("f/g=1/")) == ["f/g=1/t=1/", "f/g=1/t=2/"]


def test_the_probe_passes_and_leaves_nothing(store):
    store.probe()
    assert list(store.list("")) == []


def test_a_store_that_overwrites_is_refused(s3, s3_bucket):
    client = s3.client()
    overwriting = client.put_object

    def put_object(**request):
        del request["IfNoneMatch"]
        return overwriting(**request)

    client.put_object = put_object
    with pytest.raises(ConfigurationError, match="create-only"):
        ObjectStore(client, s3_bucket).probe()


def test_a_bucket_that_is_not_there_is_a_configuration_error(connect, s3):
    store = connect(s3.endpoint, STOCKFEED_S3_BUCKET="not-there")
    with pytest.raises(ConfigurationError, match="'not-there'"):
        store.create("a", b"", {})
    with pytest.raises(ConfigurationError, match="'not-there'"):
        list(store.list(""))


def test_a_refused_key_is_a_configuration_error(connect, s3, keys):
    (keys / "secretAccessKey").write_text("wrong")
    with pytest.raises(ConfigurationError):
        connect(s3.endpoint).create("a", b"", {})


def test_a_rotated_key_is_used_without_a_new_client(store, keys):
    right = (keys / "secretAccessKey").read_text()
    assert store.create("a", b"", {})
    (keys / "secretAccessKey").write_text("wrong")
    with pytest.raises(ConfigurationError):
        store.create("b", b"", {})
    (keys / "secretAccessKey").write_text(right)
    assert store.create("b", b"", {})


def test_a_server_that_is_away_is_a_transient_error(connect):
    with pytest.raises(TransientError, match="put a"):
        connect("http://127.0.0.1:1").create("a", b"", {})


def test_the_sdks_own_variables_serve_too(s3, s3_bucket, monkeypatch):
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


def test_a_conflict_is_tried_again(s3, s3_bucket):
    client, answers = s3.client(), ["409", "409"]
    put = client.put_object

    def put_object(**request):
        if answers:
            raise client.exceptions.ClientError({"Error": {"Code": answers.pop()}}, "PutObject")
        return put(**request)

    client.put_object = put_object
    assert ObjectStore(client, s3_bucket).create("a", b"", {})
