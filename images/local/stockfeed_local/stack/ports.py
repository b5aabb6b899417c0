"""Free ports, listening sockets, and the file in which a child process reports its port."""

import random
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"

# Below Linux's default ephemeral range (ip_local_port_range: 32768 and up), so that no outgoing
# connection takes the port between the check here and the service's own bind.
_RANGE: Final = range(18_000, 32_000)
_RANDOM: Final = random.SystemRandom()


def free_ports(count: int) -> list[int]:
    """Returns `count` different TCP ports that are free on loopback."""
    candidates = _RANDOM.sample(_RANGE, len(_RANGE))
    free = (port for port in candidates if _is_free(port))
    return [next(free) for _ in range(count)]


def listen(host: str, port: int) -> socket.socket:
    """Opens a listening TCP socket for an asyncio server; port 0 picks a free one.

    asyncio sets TCP_NODELAY only if the socket's protocol is IPPROTO_TCP (`_set_nodelay` in
    `asyncio/base_events.py`), and `socket.create_server` leaves it 0. Without TCP_NODELAY, each
    response waits 40 ms for the client's delayed acknowledgement.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen()
    return listener


def accepts(port: int) -> bool:
    """Returns whether a connection to the port on loopback is accepted within a second."""
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def write_port_file(path: Path, port: int) -> None:
    """Writes the port as text, atomically."""
    partial = path.with_suffix(".partial")
    partial.write_text(f"{port}\n")
    partial.replace(path)


def read_port_file(path: Path) -> int | None:
    """Returns the port in the file, or None if the file is missing or has no port."""
    with suppress(FileNotFoundError, ValueError):
        return int(path.read_text())
    return None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # A port in TIME_WAIT counts as free: servers bind with this option, too.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind((HOST, port))
            return True
    return False
