"""A client that greets learns who is there, or why it had better not talk on."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from quicktype.client import Client, DaemonError
from tests.support.fake_daemon import threaded_daemon

if TYPE_CHECKING:
    from pathlib import Path

FROM_THE_FUTURE = (
    b'{"type":"error","code":"unsupported","message":"this daemon speaks protocol 2"}\n'
)


def test_it_learns_which_model_answers(tmp_path: Path) -> None:
    with threaded_daemon(tmp_path / "run" / "daemon.sock") as daemon, Client(daemon.path) as client:
        welcome = client.hello("a test")
    assert welcome.model.name == "fake"


def test_a_daemon_of_another_protocol_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "daemon.sock"

    def refuse() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(FROM_THE_FUTURE)

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(1)
        daemon = threading.Thread(target=refuse)
        daemon.start()
        with Client(path) as client, pytest.raises(DaemonError, match="protocol 2"):
            client.hello()
        daemon.join()
