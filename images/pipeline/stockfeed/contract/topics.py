"""Topics and consumer groups: one of each per symbol group."""


def topic_name(prefix: str, feed: str, group: str) -> str:
    """The group's Kafka topic, e.g. `stock-quotes.us-equities.megacaps`."""
    return f"{prefix}.{feed}.{group}"


def consumer_group(feed: str, group: str) -> str:
    """The Kafka consumer group that lands the group's topic, e.g. `stockfeed.us-equities.autos`."""
    return f"stockfeed.{feed}.{group}"


def topic_id_hex(most_significant_bits: int, least_significant_bits: int) -> str:
    """Kafka's topic UUID as 32 hex digits; its usual text form may hold `/`.

    Args:
        most_significant_bits: the upper 64 bits, signed as Java and librdkafka give them.
        least_significant_bits: the lower 64 bits, likewise.
    """
    mask = (1 << 64) - 1
    return f"{most_significant_bits & mask:016x}{least_significant_bits & mask:016x}"
