from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.errors import TransientError
from stockfeed.loader.download import download
from stockfeed.loader.plan import Listed, Piece, Stop
from stockfeed.objectstore import ObjectStore

CHAIN = Chain("us", "autos", "ab12", 0)


def test_downloads_objects_with_their_metadata(object_store: ObjectStore, tmp_path: Path) -> None:
    picked = [Listed(CHAIN, start, 4) for start in range(0, 200, 10)]
    for listed in picked:
        metadata = BatchMetadata(listed.start + 9, 10, 0, 1, 2)
        object_store.create(listed.key, b"gzip", metadata.to_s3())
    with ThreadPoolExecutor(4) as executor:
        found = download(object_store, picked, tmp_path, executor)

    assert [piece.key for piece in found] == [listed.key for listed in picked]
    assert all(isinstance(piece, Piece) and piece.next_offset % 10 == 0 for piece in found)
    assert {(tmp_path / listed.key).read_bytes() for listed in picked} == {b"gzip"}


def test_unusable_metadata_names_the_repair(object_store: ObjectStore, tmp_path: Path) -> None:
    object_store.create(CHAIN.key(0), b"gzip", {})
    with ThreadPoolExecutor(1) as executor:
        [stop] = download(object_store, [Listed(CHAIN, 0, 4)], tmp_path, executor)

    assert isinstance(stop, Stop)
    assert stop.failed
    assert "copy-object" in stop.text


def test_object_that_grew_since_it_was_listed_is_not_downloaded(
    object_store: ObjectStore, tmp_path: Path
) -> None:
    metadata = BatchMetadata(9, 10, 0, 1, 2)
    object_store.create(CHAIN.key(0), b"12345", metadata.to_s3())
    with ThreadPoolExecutor(1) as executor:
        [stop] = download(object_store, [Listed(CHAIN, 0, 4)], tmp_path, executor)

    assert isinstance(stop, Stop)
    assert "5 bytes, more than the limit of 4" in stop.text
    assert not (tmp_path / CHAIN.key(0)).exists()


def test_object_that_disappeared_is_a_transient_error(
    object_store: ObjectStore, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(1) as executor, pytest.raises(TransientError, match=CHAIN.key(0)):
        download(object_store, [Listed(CHAIN, 0, 4)], tmp_path, executor)
