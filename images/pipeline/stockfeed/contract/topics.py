"""Names of Kafka topics and consumer groups; each symbol group has one of each."""


def topic_name(prefix: str, feed: str, group: str) -> str:
    """Returns the group's Kafka topic, e.g. `stock-quotes.us-equities.megacaps`."""
    return f"{prefix}.{feed}.{group}"


def consumer_group(feed: str, group: str) -> str:
    """Returns the Kafka consumer group of a symbol group, e.g. `stockfeed.us-equities.autos`."""
    return f"stockfeed.{feed}.{group}"


def topic_id_hex(most_significant_bits: int, least_significant_bits: int) -> str:
    """Returns Kafka's topic UUID as 32 hex digits, which are safe in object keys.

    Args:
        most_significant_bits: the upper 64 bits; signed, as in Java and librdkafka.
        least_significant_bits: the lower 64 bits; signed.
    """
    mask = (1 << 64) - 1
    return f"{most_significant_bits & mask:016x}{least_significant_bits & mask:016x}"
