"""Snowflake's documentation: "PUT" (OVERWRITE), "LIST" (paths)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from snowflake.connector.errors import ProgrammingError

from stockfeed_local.emulator.names import QualifiedName
from stockfeed_local.emulator.stage_files import StageFiles, StageReference

STAGE = QualifiedName("STOCKS", "RAW", "STG")


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.fixture
def files(tmp_path: Path) -> StageFiles:
    return StageFiles(tmp_path / "stages")


def write(files: StageFiles, name: str, *parts: bytes, overwrite: bool = False) -> bool:
    return asyncio.run(files.write(STAGE, name, chunks(*parts), overwrite=overwrite))


def names(files: StageFiles, path: str) -> list[str]:
    return [file.name for file in files.files(StageReference(STAGE, path))]


def test_written_file_is_found_with_its_etag(files: StageFiles) -> None:
    assert write(files, "a/feed=us/x.gz", b"ab", b"c")
    file = files.find(STAGE, "a/feed=us/x.gz")
    assert file is not None
    assert file.path.read_bytes() == b"abc"
    assert file.etag() == "900150983cd24fb0d6963f7d28e17f72"


def test_existing_file_is_kept_unless_overwritten(files: StageFiles) -> None:
    write(files, "x", b"first")
    assert not write(files, "x", b"second")
    file = files.find(STAGE, "x")
    assert file is not None
    assert file.path.read_bytes() == b"first"
    assert write(files, "x", b"third", overwrite=True)
    assert file.path.read_bytes() == b"third"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", ["a/1", "a/2", "ab/3", "b"]),
        ("a", ["a/1", "a/2", "ab/3"]),
        ("a/", ["a/1", "a/2"]),
        ("a/1", ["a/1"]),
        ("c/d/e", []),
        ("b/", []),
    ],
)
def test_path_is_a_prefix(files: StageFiles, path: str, found: list[str]) -> None:
    for name in ("a/1", "a/2", "ab/3", "b"):
        write(files, name, b"")
    assert names(files, path) == found


def test_removing_the_last_file_deletes_its_directory(files: StageFiles, tmp_path: Path) -> None:
    write(files, "a/b/c", b"")
    file = files.find(STAGE, "a/b/c")
    assert file is not None
    files.remove(file, STAGE)
    assert names(files, "") == []
    assert not (tmp_path / "stages/STOCKS/RAW/STG/a").exists()


def test_directory_with_other_files_is_kept(files: StageFiles) -> None:
    write(files, "a/b", b"")
    write(files, "a/c", b"")
    file = files.find(STAGE, "a/b")
    assert file is not None
    files.remove(file, STAGE)
    assert names(files, "") == ["a/c"]


@pytest.mark.parametrize("name", ["../other/x", "a/../../x", "/etc/passwd"])
def test_name_outside_the_stage_raises_error(files: StageFiles, name: str) -> None:
    with pytest.raises(ProgrammingError, match="Invalid path"):
        write(files, name, b"")


def test_clearing_a_schema_deletes_the_files_of_all_its_stages(files: StageFiles) -> None:
    write(files, "x", b"")
    files.clear("STOCKS", "RAW")
    assert names(files, "") == []
