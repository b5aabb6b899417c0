from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from stockfeed.contract.topics import consumer_group, topic_id_hex, topic_name


def test_derives_topic_and_consumer_group_names() -> None:
    assert topic_name("stock-quotes", "us", "autos") == "stock-quotes.us.autos"
    assert consumer_group("us", "autos") == "stockfeed.us.autos"


@given(st.uuids())
def test_topic_id_is_the_uuid_in_hex(uuid: UUID) -> None:
    def signed(bits: int) -> int:
        return bits - (1 << 64) if bits >> 63 else bits

    high, low = uuid.int >> 64, uuid.int & ((1 << 64) - 1)
    assert topic_id_hex(signed(high), signed(low)) == uuid.hex
