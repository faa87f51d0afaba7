"""What stands for a socket on Windows, over a pipe of this system."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from quicktype import client, locks, pipes, protocol
from quicktype.client import Client, DaemonError, NoDaemonError
from quicktype.pipes import PipeSocket
from quicktype.protocol import ModelInfo

PATH = Path("C:/Users/Maria/AppData/Local/quicktype/daemon.sock")


def pair(timeout: float | None = 10.0) -> tuple[PipeSocket, Connection[Any, Any]]:
    ours, theirs = multiprocessing.Pipe()
    return PipeSocket(ours, timeout), theirs


def test_each_place_has_a_pipe_of_its_own_in_any_case() -> None:
    name = pipes.name_of(PATH)
    assert name.startswith("\\\\.\\pipe\\quicktype-")
    assert name == pipes.name_of(Path(str(PATH).upper()))
    assert name != pipes.name_of(PATH.with_name("another.sock"))


def test_bytes_go_both_ways_in_pieces() -> None:
    ours, theirs = pair()
    ours.sendall(b"hello\n")
    assert theirs.recv_bytes() == b"hello\n"
    theirs.send_bytes(b"abcdef")
    assert [ours.recv(4), ours.recv(4)] == [b"abcd", b"ef"]
    theirs.close()
    assert ours.recv(4) == b""


def test_nobody_answers_in_time() -> None:
    ours, theirs = pair(timeout=0.01)
    with pytest.raises(TimeoutError):
        ours.recv(1)
    theirs.close()
    ours.close()


def test_closing_ends_a_wait_in_another_thread() -> None:
    ours, theirs = pair(timeout=None)
    failed = threading.Event()

    def wait() -> None:
        with pytest.raises(OSError, match="closed"):
            ours.recv(1)
        failed.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    ours.shutdown(2)
    waiting.join(10)
    assert failed.is_set()
    ours.close()
    theirs.close()


def daemon(theirs: Connection[Any, Any]) -> None:
    """One that answers to a hello."""
    try:
        theirs.recv_bytes()
    except EOFError:
        return
    model = ModelInfo("played", 1, 2, "plain")
    theirs.send_bytes(protocol.encode(protocol.Welcome(protocol.VERSION, "a server", model)))


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A pipe with a daemon at its other end, which is the process 4242."""
    ours, theirs = pair()
    monkeypatch.setattr(client, "_connect", lambda _path, _timeout: ours)
    monkeypatch.setattr(PipeSocket, "server_pid", lambda _self: 4242)
    threading.Thread(target=daemon, args=(theirs,), daemon=True).start()
    return tmp_path / "daemon.sock"


def test_a_client_speaks_with_the_daemon_whose_lock_it_is(there: Path) -> None:
    there.with_name("daemon.sock.lock").write_text("4242\n")
    with Client(there) as connected:
        assert connected.hello().server == "a server"


@pytest.mark.parametrize("owner", ["4243\n", "", None])
def test_nothing_is_sent_to_whoever_took_the_name(there: Path, owner: str | None) -> None:
    if owner is not None:
        there.with_name("daemon.sock.lock").write_text(owner)
    with pytest.raises(DaemonError, match="another user's; nothing was sent"):
        Client(there)
    assert locks.holder(there) == "its pid"


def test_without_a_daemon_there_is_no_pipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(path: Path, timeout: float | None) -> PipeSocket:
        raise FileNotFoundError(2, "The system cannot find the file specified")

    monkeypatch.setattr(pipes, "connect", refuse)
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(NoDaemonError, match="quicktype start"):
        Client(tmp_path / "daemon.sock")
