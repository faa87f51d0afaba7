"""The client gives what the daemon answers, and says in one line why there is no answer."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from quicktype import client as client_module
from quicktype.client import Client, DaemonError, NoDaemonError
from quicktype.conversation import Conversation
from quicktype.draft import Draft
from quicktype.protocol import Complete, Done, Limits, encode
from tests.support.fake_completer import FAILING, STEPPING
from tests.support.fake_daemon import threaded_daemon

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from quicktype.protocol import Suggestions
    from tests.support.fake_daemon import ThreadedDaemon


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[ThreadedDaemon]:
    with threaded_daemon(tmp_path / "run" / "daemon.sock") as running:
        yield running


@contextmanager
def impostor(path: Path, *answers: bytes) -> Iterator[None]:
    """Listens at `path`, hears the first client out, sends it these bytes, and hangs up."""

    def answer() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(1 << 16)
            for data in answers:
                connection.sendall(data)

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(1)
        thread = threading.Thread(target=answer)
        thread.start()
        yield
        thread.join(60)
        assert not thread.is_alive()


def question(name: int | str = 1, before: str = "see you tom", words: int = 8) -> Complete:
    return Complete(name, "Ana", Draft(before), Conversation(), limits=Limits(words=words))


def test_a_completion_streams_and_ends(daemon: ThreadedDaemon) -> None:
    seen: list[Suggestions] = []
    with Client(daemon.path) as client:
        done = client.complete(question("a"), seen.append)
    assert [found.candidates[0].text for found in seen] == ["orrow", "orrow at noon"]
    assert (done.id, done.reason, done.candidates[0].text) == ("a", "complete", "orrow at noon")


def test_answers_to_what_was_given_up_are_passed_over(daemon: ThreadedDaemon) -> None:
    with Client(daemon.path) as client:
        client.send(question("old", STEPPING))
        daemon.completer.wait_started()
        daemon.completer.permit.release(3)
        assert client.complete(question("new")).id == "new"
        assert client.status().requests == 2


def test_who_is_there_and_how_it_is(daemon: ThreadedDaemon) -> None:
    with Client(daemon.path) as client:
        assert client.hello("a test").model.name == "fake"
        status = client.status()
    assert (status.pid, status.model) == (os.getpid(), "fake")


def test_reload_and_what_comes_of_a_broken_model(daemon: ThreadedDaemon) -> None:
    with Client(daemon.path) as client:
        client.reload()
        assert len(daemon.completers) == 2
        daemon.failure = ValueError("the file is cut off; export it again")
        with pytest.raises(DaemonError, match="export it again"):
            client.reload()
        assert client.complete(question()).reason == "complete"


def test_what_the_daemon_refuses_is_an_error_and_the_connection_lives_on(
    daemon: ThreadedDaemon,
) -> None:
    with Client(daemon.path) as client:
        with pytest.raises(DaemonError, match=r"words must be .* \(bad_request\)"):
            client.complete(question(words=99))
        with pytest.raises(DaemonError, match="too_large"):
            client.complete(question(before="x" * (1 << 20)))
        with pytest.raises(DaemonError, match="surrogate"):
            client.complete(question(before="\ud800"))
        with pytest.raises(DaemonError, match="internal"):
            client.complete(question(before=FAILING))
        assert client.complete(question()).reason == "complete"


def test_where_no_daemon_is_it_says_how_to_start_one(tmp_path: Path) -> None:
    missing, dead = tmp_path / "missing.sock", tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(dead))
    for path in (missing, dead):
        with pytest.raises(NoDaemonError, match="quicktype start") as caught:
            Client(path)
        assert str(path) in str(caught.value)


def test_after_a_shutdown_it_says_that_the_daemon_is_gone(daemon: ThreadedDaemon) -> None:
    with Client(daemon.path) as client:
        client.shutdown()
        with pytest.raises(DaemonError, match="closed the connection"):
            client.receive()
        with pytest.raises(DaemonError, match="gone"):
            client.status()


def test_a_daemon_that_hangs_is_not_waited_for(daemon: ThreadedDaemon) -> None:
    with Client(daemon.path, timeout=0.01) as client, pytest.raises(DaemonError, match="answer"):
        client.complete(question(before=STEPPING))


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (b"", "closed"),
        (b'{"type":"ok"', "closed"),
        (b"HTTP/1.1 400 Bad Request\n", "no message"),
        (b'{"type":"poem"}\n', "no message"),
        (b"x" * (1 << 20), "too long"),
        (
            b'{"type":"error","code":"unsupported","message":"this daemon speaks protocol 2"}\n',
            "protocol 2",
        ),
    ],
)
def test_who_is_no_daemon_of_ours_is_not_believed(
    tmp_path: Path, said: bytes, complaint: str
) -> None:
    path = tmp_path / "daemon.sock"
    with (
        impostor(path, said),
        Client(path) as client,
        pytest.raises(DaemonError, match=complaint),
    ):
        client.hello()


def test_nothing_is_sent_to_another_users_daemon(
    daemon: ThreadedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "peer_uid", lambda _: os.getuid() + 1)
    with pytest.raises(DaemonError, match="another user's"):
        Client(daemon.path)


def test_what_was_said_before_the_nonsense_counts(tmp_path: Path) -> None:
    path = tmp_path / "daemon.sock"
    with impostor(path, encode(Done(1, "complete")) + b"nonsense\n"), Client(path) as client:
        assert client.complete(question()).reason == "complete"
        with pytest.raises(DaemonError, match="no message"):
            client.receive()


@pytest.mark.parametrize("kind", ["ok", "status"])
def test_an_answer_to_another_kind_of_question_is_not_believed(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "daemon.sock"
    figures = (
        '"pid":1,"model":"","uptime_s":0,"requests":0,"latency_ms":{"p50":0,"p95":0,"p99":0},'
        '"memory_mb":0'
    )
    said = f'{{"type":"{kind}","id":1,{figures}}}\n'.encode()
    with (
        impostor(path, said),
        Client(path) as client,
        pytest.raises(DaemonError, match=f"answered {kind} to a completion"),
    ):
        client.complete(question())


def test_a_path_that_no_socket_can_have_has_no_daemon(tmp_path: Path) -> None:
    with pytest.raises(NoDaemonError, match="too long"):
        Client(tmp_path / ("x" * 200))


def test_closing_wakes_whoever_waits(daemon: ThreadedDaemon) -> None:
    failures: list[DaemonError] = []
    client = Client(daemon.path, timeout=None)

    def listen() -> None:
        try:
            client.receive()
        except DaemonError as error:
            failures.append(error)

    thread = threading.Thread(target=listen)
    thread.start()
    client.close()
    thread.join(60)
    assert not thread.is_alive()
    assert len(failures) == 1
