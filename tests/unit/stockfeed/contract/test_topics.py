from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from stockfeed.contract.topics import consumer_group, topic_id_hex, topic_name


def test_each_group_has_a_topic_and_a_consumer_group():
    assert topic_name("stock-quotes", "us", "autos") == "stock-quotes.us.autos"
    assert consumer_group("us", "autos") == "stockfeed.us.autos"


@given(st.uuids())
def test_a_topic_id_is_its_uuid_in_hex(uuid: UUID):
    def signed(bits):
        return bits - (1 << 64) if bits >> 63 else bits

    high, low = uuid.int >> 64, uuid.int & ((1 << 64) - 1)
    assert topic_id_hex(signed(high), signed(low)) == uuid.hex
