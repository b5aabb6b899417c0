from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from stockfeed_local.emulator.names import QualifiedName
from stockfeed_local.emulator.uploads import Presigner, Upload

UPLOAD = Upload(
    source="/tmp/x/00.jsonl.gz",
    stage=QualifiedName("STOCKS", "RAW", "STG"),
    path="b1/feed=us/",
    parallel=4,
    auto_compress=False,
    source_compression="gzip",
    overwrite=False,
)


@pytest.mark.parametrize(
    ("path", "name"),
    [("b1/feed=us/", "b1/feed=us/00.jsonl.gz"), ("b1", "b1/00.jsonl.gz"), ("", "00.jsonl.gz")],
)
def test_upload_name_joins_path_and_file_name(path: str, name: str) -> None:
    assert replace(UPLOAD, path=path).name == name


def test_url_is_valid_on_its_own_server_only() -> None:
    presigner = Presigner()
    url = urlsplit(presigner.url("http://host:1/", UPLOAD))
    query = parse_qs(url.query)
    assert url.path == "/stage-files/STOCKS/RAW/STG/b1/feed%3Dus/00.jsonl.gz"
    given = (query["overwrite"][0], query["signature"][0])
    assert presigner.is_valid(url.path, *given)
    assert not presigner.is_valid(url.path.replace("00", "01"), *given)
    assert not presigner.is_valid(url.path, "true", query["signature"][0])
    assert not Presigner().is_valid(url.path, *given)
