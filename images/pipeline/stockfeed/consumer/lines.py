"""From a Kafka message to a landed line: the event with its provenance, or an error in its place.

An object is immutable, so one bad line would block its partition for good: bytes are spliced only
where that cannot go wrong, everything else is written anew or wrapped.
"""

from base64 import b64encode

import orjson

from stockfeed.contract.events import ERROR, META, RAW, SYMBOL

_META_BYTES = META.encode()
_OPEN, _CLOSE = b"{}"


class LineEncoder:
    """Writes the lines of one partition.

    Args:
        topic: the topic's name, kept in each line.
        partition: the partition's number, likewise.
    """

    def __init__(self, topic: str, partition: int) -> None:
        self._meta = f'"{META}":{{"topic":"{topic}","partition":{partition},"offset":'

    def encode(self, value: bytes | None, offset: int, timestamp: int) -> tuple[bytes, bool]:
        """The line, newline included, and whether it is an event.

        Args:
            value: the message's value; None is a tombstone.
            offset: the message's offset.
            timestamp: the message's timestamp, Unix milliseconds.

        Returns:
            The event's line and True, or an error line and False.
        """
        meta = f'{self._meta}{offset},"timestamp":{timestamp}}}}}\n'.encode()
        try:
            event = orjson.loads(value)  # type: ignore[arg-type]  # None raises as bad JSON does
        except orjson.JSONDecodeError as error:
            return _error_line(f"not JSON: {error}", value, meta), False
        if type(event) is not dict:
            return _error_line(f"not a JSON object: {type(event).__name__}", value, meta), False
        if type(event.get(SYMBOL)) is not str:
            return _error_line(f"no string {SYMBOL!r}", value, meta), False
        return _event_bytes(value or b"", event) + b"," + meta, True


def _event_bytes(value: bytes, event: dict[str, object]) -> bytes:
    """The event without its closing brace, on one line and without a `_meta` of its own."""
    spliceable = (
        value[0] == _OPEN
        and value[-1] == _CLOSE
        and b"\n" not in value
        and _META_BYTES not in value
        and META not in event  # its name may be written with escapes
    )
    if not spliceable:
        value = orjson.dumps({name: field for name, field in event.items() if name != META})
    return value[:-1]


def _error_line(reason: str, value: bytes | None, meta: bytes) -> bytes:
    wrapped = orjson.dumps({ERROR: reason, RAW: b64encode(value or b"").decode()})
    return wrapped[:-1] + b"," + meta
