"""Free ports, listening sockets, and the file by which a child tells which port it took."""

import random
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"

# Below Linux's usual ephemeral range (32768 and up): no outgoing connection takes such a port
# between its choice here and the service's own bind.
_RANGE: Final = range(18_000, 32_000)
_RANDOM: Final = random.SystemRandom()


def free_ports(count: int) -> list[int]:
    """Different TCP ports that nothing listens on, on loopback."""
    candidates = _RANDOM.sample(_RANGE, len(_RANGE))
    free = (port for port in candidates if _is_free(port))
    return [next(free) for _ in range(count)]


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket for an asyncio server; port 0 takes a free one.

    asyncio sets TCP_NODELAY only on connections of a socket that names its protocol, which
    `socket.create_server` does not; without it, each answer waits 40 ms for the client's delayed
    acknowledgement.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen()
    return listener


def accepts(port: int) -> bool:
    """Whether something on loopback accepts a connection on the port."""
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def write_port_file(path: Path, port: int) -> None:
    """Writes the port as text; a reader never sees half of it."""
    partial = path.with_suffix(".partial")
    partial.write_text(f"{port}\n")
    partial.replace(path)


def read_port_file(path: Path) -> int | None:
    """The port in the file; None while there is none."""
    with suppress(FileNotFoundError, ValueError):
        return int(path.read_text())
    return None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # A port in TIME_WAIT is free for a server, which binds it with the same option.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind((HOST, port))
            return True
    return False
