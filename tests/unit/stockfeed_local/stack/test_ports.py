import socket
from pathlib import Path

from stockfeed_local.stack.ports import (
    HOST,
    accepts,
    free_ports,
    listen,
    read_port_file,
    write_port_file,
)


def test_free_ports_are_different_and_can_be_bound() -> None:
    ports = free_ports(20)

    assert len(set(ports)) == 20
    for port in ports:
        with socket.socket() as server:
            server.bind((HOST, port))


def test_accepts_is_true_only_while_the_socket_listens() -> None:
    with listen(HOST, 0) as listener:
        port = listener.getsockname()[1]
        assert accepts(port)
    assert not accepts(port)


def test_listening_socket_has_protocol_tcp_for_asyncio() -> None:
    with listen(HOST, 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_port_file_is_none_until_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "port"
    assert read_port_file(path) is None

    write_port_file(path, 8080)

    assert read_port_file(path) == 8080
    assert list(tmp_path.iterdir()) == [path]
