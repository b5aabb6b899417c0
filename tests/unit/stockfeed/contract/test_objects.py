import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockfeed.contract.objects import (
    BadKeyError,
    BatchMetadata,
    Chain,
    events_prefix,
    feed_prefix,
    group_prefix,
)

TOPIC = "0123456789abcdef0123456789abcdef"
CHAIN = Chain("us-equities", "megacaps", TOPIC, 3)
KEY = f"feed=us-equities/group=megacaps/topic={TOPIC}/partition=00003/00000000000000012345.jsonl.gz"


def test_key_has_the_landing_layout() -> None:
    assert CHAIN.key(12345) == KEY
    assert KEY.startswith(CHAIN.prefix)
    assert KEY.startswith(group_prefix("us-equities", "megacaps"))
    assert KEY.startswith(feed_prefix("us-equities"))


def test_event_key_percent_encodes_the_symbol() -> None:
    assert CHAIN.event_key("BRK/B", 7) == (
        f"events/feed=us-equities/group=megacaps/topic={TOPIC}/symbol=BRK%2FB/"
        "partition=00003/00000000000000000007.json"
    )
    assert CHAIN.event_key("F", 7).startswith(events_prefix("us-equities"))


names = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?", fullmatch=True)
chains = st.builds(Chain, names, names, names, st.integers(0, 99_999))


@given(chains, st.integers(0, 2**63 - 1))
def test_parse_inverts_key(chain: Chain, start: int) -> None:
    assert Chain.parse(chain.key(start)) == (chain, start)


@given(chains, st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_keys_sort_by_start_offset(chain: Chain, one: int, other: int) -> None:
    assert (chain.key(one) < chain.key(other)) == (one < other)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "README.md",
        KEY.replace("00000000000000012345", "12345"),
        KEY.replace("00003", "3"),
        KEY.replace("feed=", "fed="),
        KEY.replace("megacaps", ""),
        KEY.replace(".jsonl.gz", ".jsonl"),
        KEY.replace("00000000000000012345", "0000000000000000000x"),
        KEY.replace("00000000000000012345", "-0000000000000012345"),
        KEY.replace("partition=00003", "partition=-0003"),
        KEY.replace("megacaps", "a" * 64),
        KEY.replace("megacaps", "mega\0caps"),
        KEY.replace("megacaps", "mega'caps"),
        KEY.replace("megacaps", ".."),
        KEY.replace("megacaps", "é"),
        KEY.replace("00003", "2147483648"),
        KEY.replace("00000000000000012345", "09223372036854775808"),
        KEY + "/more",
        "events/" + KEY,
    ],
)
def test_parse_rejects_other_keys_and_names_them(key: str) -> None:
    with pytest.raises(BadKeyError) as caught:
        Chain.parse(key)
    assert repr(key) in str(caught.value)


counts = st.integers(0, 2**63 - 1)


@given(
    st.builds(
        BatchMetadata,
        counts,
        counts,
        counts,
        st.none() | counts,
        st.none() | counts,
        counts,
        st.none() | counts,
    )
)
def test_metadata_survives_a_round_trip_through_s3(metadata: BatchMetadata) -> None:
    stored = metadata.to_s3()
    assert BatchMetadata.from_s3(KEY, stored) == metadata
    assert BatchMetadata.from_s3(KEY, {name.title(): v for name, v in stored.items()}) == metadata


@given(st.text(max_size=400))
def test_parses_arbitrary_text_or_rejects_it(text: str) -> None:
    key = KEY.replace("megacaps", text)
    try:
        chain, start = Chain.parse(key)
    except BadKeyError:
        return
    assert chain.key(start) == key
    assert len(chain.group) <= 63


def test_lost_batch_has_no_timestamps() -> None:
    metadata = BatchMetadata(99, 0, 0, None, None, lost=90)
    assert metadata.to_s3() == {
        "end-offset": "99",
        "record-count": "0",
        "error-count": "0",
        "lost": "90",
    }


@pytest.mark.parametrize(
    "damage",
    [
        {"end-offset": "x"},
        {"record-count": None},
        {"lost": ""},
        {"lost": "-1"},
        {"end-offset": str(2**63)},
        {"end-offset": "9" * 2000},
        {"error-count": "1_0"},
        {"previous-start": "٣"},
        {"first-timestamp": "-2"},
    ],
)
def test_invalid_metadata_error_names_the_object(damage: dict[str, str | None]) -> None:
    stored = BatchMetadata(9, 1, 0, 5, 6).to_s3() | damage
    with pytest.raises(BadKeyError, match="00000000000000012345"):
        BatchMetadata.from_s3(KEY, {name: v for name, v in stored.items() if v is not None})
