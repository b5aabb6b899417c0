import asyncio
import gzip
import threading
import time
import tracemalloc
import zlib
from email.utils import formatdate
from pathlib import Path

import pytest

from stockfeed.producer.finnhub import Finnhub
from stockfeed.producer.provider import (
    Failed,
    PollResult,
    Quote,
    RateLimited,
    Rejected,
    Unauthorized,
    Unchanged,
)
from stockfeed.secrets import Secret
from unit.stockfeed.producer.conftest import QuoteApi, Reply

KEY = Secret("STOCKFEED_SOURCE_API_KEY", value="sesame")


def poll(
    base_url: str,
    *,
    key: Secret = KEY,
    etag: str | None = None,
    times: int = 1,
    timeout: float = 5.0,
) -> PollResult:
    """Polls `times` times and returns the last result."""

    async def main() -> PollResult:
        provider = Finnhub(base_url, key, timeout)
        try:
            answers = [await provider.poll("BRK.B", etag) for _ in range(times)]
        finally:
            await provider.close()
        return answers[-1]

    return asyncio.run(main())


@pytest.mark.parametrize("slash", ["", "/"])
def test_sends_the_key_in_a_header_and_the_symbol_in_the_query(api: QuoteApi, slash: str) -> None:
    answer = poll(api.url + slash)
    assert isinstance(answer.outcome, Quote)
    assert answer.pause == 0
    ((path, headers),) = api.requests
    assert path == "/api/v1/quote?symbol=BRK.B"
    assert headers["X-Finnhub-Token"] == "sesame"
    assert "If-None-Match" not in headers


def test_sends_the_etag_and_maps_304_to_unchanged(api: QuoteApi, reply: type[Reply]) -> None:
    api.will(reply(304, b""))
    assert poll(api.url, etag='"7"').outcome == Unchanged()
    assert api.requests[0][1]["If-None-Match"] == '"7"'


def test_keeps_the_etag_of_the_response(api: QuoteApi, reply: type[Reply]) -> None:
    api.will(reply(headers={"ETag": 'W/"7"'}))
    outcome = poll(api.url).outcome
    assert isinstance(outcome, Quote)
    assert outcome.etag == 'W/"7"'


def test_uses_a_rotated_key_for_the_next_request(api: QuoteApi, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")

    async def main() -> None:
        provider = Finnhub(api.url, Secret("STOCKFEED_SOURCE_API_KEY", file), 5.0)
        await provider.poll("A", None)
        file.write_text("new\n")
        await provider.poll("A", None)
        await provider.close()

    asyncio.run(main())
    assert [headers["X-Finnhub-Token"] for _, headers in api.requests] == ["old", "new"]


@pytest.mark.parametrize("status", [401, 403])
def test_refused_key_message_names_the_source_of_the_key(
    api: QuoteApi, reply: type[Reply], tmp_path: Path, status: int
) -> None:
    api.will(reply(status, b"{}"))
    outcome = poll(api.url).outcome
    assert isinstance(outcome, Unauthorized)
    assert "STOCKFEED_SOURCE_API_KEY" in outcome.message
    file = tmp_path / "token"
    file.write_text("bad")
    outcome = poll(api.url, key=Secret("STOCKFEED_SOURCE_API_KEY", file)).outcome
    assert isinstance(outcome, Unauthorized)
    assert str(file) in outcome.message


@pytest.mark.parametrize("text", [None, "k\u00e9y", "a\nb"])
def test_key_that_cannot_be_sent_is_unauthorized(
    api: QuoteApi, tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "token"
    if text is not None:
        file.write_text(text)
    outcome = poll(api.url, key=Secret("STOCKFEED_SOURCE_API_KEY", file)).outcome
    assert isinstance(outcome, Unauthorized)
    assert "STOCKFEED_SOURCE_API_KEY" in outcome.message
    assert api.requests == []


@pytest.mark.parametrize(
    ("status", "text"),
    [(500, "500"), (503, "503"), (404, "STOCKFEED_SOURCE_BASE_URL"), (301, "SOURCE_BASE_URL")],
)
def test_other_statuses_are_failures(
    api: QuoteApi, reply: type[Reply], status: int, text: str
) -> None:
    api.will(reply(status, b""))
    outcome = poll(api.url).outcome
    assert isinstance(outcome, Failed)
    assert text in outcome.message


def test_rejects_a_response_that_is_not_json(api: QuoteApi, reply: type[Reply]) -> None:
    api.will(reply(200, b"<html>sorry</html>"))
    assert poll(api.url).outcome == Rejected("not_json")


def test_timeout_is_a_failure(api: QuoteApi, reply: type[Reply]) -> None:
    hold = threading.Event()
    api.will(reply(hold=hold))
    outcome = poll(api.url, timeout=0.1).outcome
    hold.set()
    assert isinstance(outcome, Failed)


def test_refused_connection_is_a_failure() -> None:
    assert isinstance(poll("http://127.0.0.1:1/api/v1").outcome, Failed)


NOW = 1_700_000_000
DATE = {"Date": formatdate(NOW, usegmt=True)}


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (200, {"X-Ratelimit-Remaining": "1", "X-Ratelimit-Reset": str(NOW + 30)}, 0),
        (200, {"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": str(NOW + 30)}, 30),
        (200, {"X-Ratelimit-Remaining": "0"}, 0),
        (200, {"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": str(NOW - 5)}, 0),
        (429, {"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": str(NOW + 30)}, 30),
        (429, {"Retry-After": "7"}, 7),
        (429, {"Retry-After": formatdate(NOW + 8, usegmt=True)}, 8),
        (429, {"Retry-After": "7", "X-Ratelimit-Reset": str(NOW + 30)}, 30),
        (429, {"Retry-After": "soon", "X-Ratelimit-Reset": "later"}, 1),
        (429, {"X-Ratelimit-Reset": str(NOW - 5)}, 1),
        (429, {}, 1),
        (429, {"Retry-After": "999999"}, 3600),
        (503, {"Retry-After": "9"}, 9),
    ],
)
def test_pause_is_relative_to_the_clock_of_the_server(
    api: QuoteApi, reply: type[Reply], status: int, headers: dict[str, str], pause: int
) -> None:
    api.will(reply(status, headers={**DATE, **headers}))
    assert poll(api.url).pause == pause


def test_pause_is_relative_to_the_local_clock_without_a_date_header(
    api: QuoteApi, reply: type[Reply]
) -> None:
    reset = int(time.time()) + 1000
    api.will(reply(429, headers={"X-Ratelimit-Reset": str(reset)}))
    answer = poll(api.url)
    assert isinstance(answer.outcome, RateLimited)
    assert 900 < answer.pause <= 1000


def test_polls_repeatedly_with_one_client(api: QuoteApi, reply: type[Reply]) -> None:
    assert isinstance(poll(api.url, times=3).outcome, Quote)
    assert len(api.requests) == 3


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 01 Jan 99999999999 00:00:00 GMT",
        "Mon, 01 Jan 2024 00:00:00 +" + "9" * 20,
        "9" * 5000,
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
    ],
)
@pytest.mark.parametrize("name", ["Date", "Retry-After", "X-Ratelimit-Reset"])
def test_pause_is_bounded_whatever_number_or_date_a_header_has(
    api: QuoteApi, reply: type[Reply], name: str, text: str
) -> None:
    api.will(reply(429, headers={**DATE, name: text}))
    answer = poll(api.url)
    assert isinstance(answer.outcome, RateLimited)
    assert 0 < answer.pause <= 3600


def _gzip_of_zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    zeros = bytes(1_000_000)
    return b"".join([*(packer.compress(zeros) for _ in range(megabytes)), packer.flush()])


BOMBS: dict[str, tuple[bytes, dict[str, str]]] = {
    # 60 kB stay below the limit of the transferred bytes.
    "60 kB of gzip": (_gzip_of_zeros(60), {"Content-Encoding": "gzip"}),
    "292 kB of gzip": (_gzip_of_zeros(300), {"Content-Encoding": "gzip"}),
    "gzip of empty blocks": (
        gzip.compress(b"")[:10] + b"\0\0\0\xff\xff" * 100_000,
        {"Content-Encoding": "gzip"},
    ),
    "not compressed": (bytes(20_000_000), {}),
}


@pytest.mark.parametrize(("body", "headers"), BOMBS.values(), ids=BOMBS)
def test_memory_for_a_response_is_bounded(
    api: QuoteApi, reply: type[Reply], body: bytes, headers: dict[str, str]
) -> None:
    api.will(reply(200, body, headers))
    tracemalloc.start()
    try:
        outcome = poll(api.url).outcome
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert outcome == Rejected("too_large")
    assert peak < 4_000_000


@pytest.mark.parametrize("pad", [0, 1])
def test_accepts_a_response_of_at_most_64_kib(api: QuoteApi, reply: type[Reply], pad: int) -> None:
    quote = b'{"c":1,"t":1}'
    body = quote + b" " * (65_536 - len(quote) + pad)
    for encoded, headers in [
        (body, {}),
        (gzip.compress(body), {"Content-Encoding": "gzip"}),
        (zlib.compress(body), {"Content-Encoding": "deflate"}),
    ]:
        api.will(reply(200, encoded, headers))
        outcome = poll(api.url).outcome
        assert outcome == Rejected("too_large") if pad else isinstance(outcome, Quote)


def test_polls_again_after_a_response_that_was_too_large(api: QuoteApi, reply: type[Reply]) -> None:
    api.will(reply(200, bytes(20_000_000)), reply())
    assert isinstance(poll(api.url, times=2).outcome, Quote)


@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, gzip"])
def test_body_that_cannot_be_decompressed_is_a_failure(
    api: QuoteApi, reply: type[Reply], encoding: str
) -> None:
    api.will(reply(headers={"Content-Encoding": encoding}))
    assert isinstance(poll(api.url).outcome, Failed)


@pytest.mark.parametrize("etag", ['"caf\u00e9"', '"' + "x" * 5000 + '"', ""])
def test_ignores_an_etag_that_cannot_be_sent_back(
    api: QuoteApi, reply: type[Reply], etag: str
) -> None:
    api.will(reply(headers={"ETag": etag}))
    outcome = poll(api.url).outcome
    assert isinstance(outcome, Quote)
    assert outcome.etag is None


def test_ignores_cookies(api: QuoteApi, reply: type[Reply]) -> None:
    api.will(reply(headers={"Set-Cookie": "a=b"}))
    poll(api.url, times=2)
    assert "Cookie" not in api.requests[1][1]


def test_message_for_a_malformed_response_is_short(api: QuoteApi, reply: type[Reply]) -> None:
    api.will(reply(headers={"Bad Header " + "x" * 5000: "1"}))
    outcome = poll(api.url).outcome
    assert isinstance(outcome, Failed)
    assert len(outcome.message) <= 300
