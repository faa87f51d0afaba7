"""Clients that are broken, slow or mean get what they deserve, and the others are served."""

from __future__ import annotations

import json
import os
import socket

import pytest

from quicktype.protocol import MAX_LINE
from tests.support.fake_completer import FLOODING, HANG_S, STEPPING
from tests.support.fake_daemon import Peer, ThreadedDaemon, completion

CANARY = "correct-horse-battery"


def test_half_a_line_and_gone(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.send(b'{"type":"comp')
    with daemon.peer() as peer:
        assert peer.still_served()


def test_half_a_line_and_no_more_is_told_so(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.send(b'{"type":"status"}')
        peer.socket.shutdown(socket.SHUT_WR)
        (error,) = peer.rest()
    assert (error["type"], error["code"]) == ("error", "bad_request")


def test_nothing_at_all(daemon: ThreadedDaemon) -> None:
    with daemon.peer(), daemon.peer() as peer:
        assert peer.still_served()


def test_gone_with_a_question_open(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.complete(1, STEPPING)
        daemon.completer.wait_started()
    with daemon.peer() as peer:
        peer.complete(1, "see you tom")
        assert peer.still_served()
        daemon.completer.permit.release(3)
        assert peer.last_word(1)["reason"] == "complete"


def test_its_sending_side_closed_it_still_gets_the_answer(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.complete(1, "see you tom")
        peer.socket.shutdown(socket.SHUT_WR)
        types = [line["type"] for line in peer.rest()]
    assert types == ["suggestions", "suggestions", "done"]


def test_ten_megabytes_without_a_newline_are_one_error(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        for _ in range(10):
            peer.send(b"x" * MAX_LINE)
        error = peer.hear()
        assert (error["type"], error["code"]) == ("error", "too_large")
        peer.send(b"\n")
        assert peer.still_served()


@pytest.mark.parametrize(
    "line",
    [b"\xff\xfe", b"{", b"[]", b"[" * 200_000, b'{"type":"status","id":1e999}', CANARY.encode()],
)
def test_nonsense_is_an_error_and_not_logged(
    daemon: ThreadedDaemon, line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with daemon.peer() as peer:
        peer.send(line + b"\n")
        error = peer.hear()
        assert (error["type"], error["code"]) == ("error", "bad_request")
        assert peer.still_served()
    assert CANARY not in caplog.text + str(error)


def test_another_protocol_is_refused_and_the_right_one_welcome(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.say("hello", protocol=2)
        assert peer.hear()["code"] == "unsupported"
        peer.say("hello", protocol=1, client="test")
        welcome = peer.hear()
    assert (welcome["type"], welcome["protocol"]) == ("welcome", 1)
    assert welcome["model"]["name"] == "fake"


def test_two_thousand_questions_in_one_write_get_one_last_word_each(
    daemon: ThreadedDaemon,
) -> None:
    flood = [{"type": "complete", **completion(n, "see you tom")} for n in range(2000)]
    last_words: list[int] = []
    with daemon.peer() as peer, daemon.peer() as other:
        peer.send(b"".join(json.dumps(line).encode() + b"\n" for line in flood))
        assert other.still_served()
        while len(last_words) < 2000:
            line = peer.hear()
            if line["type"] != "suggestions":
                last_words.append(line["id"])
        assert peer.still_served()
    assert sorted(last_words) == list(range(2000))
    assert last_words[-1] == 1999


def test_who_does_not_read_is_cut_off_and_the_others_are_served(
    daemon: ThreadedDaemon, caplog: pytest.LogCaptureFixture
) -> None:
    with daemon.peer() as slow, daemon.peer() as other:
        slow.complete(1, FLOODING)
        daemon.completer.wait_started()
        other.complete(1, "see you tom")
        assert other.last_word(1)["reason"] == "complete"  # the flood ended: its client is gone
        assert other.still_served()
    assert "does not read" in caplog.text


def test_who_asks_without_reading_is_not_listened_to_any_more(daemon: ThreadedDaemon) -> None:
    """Its questions stay in the socket instead of filling the daemon's memory with answers."""
    questions = b'{"type":"status"}\n' * 1000
    with daemon.peer() as slow, daemon.peer() as other:
        slow.socket.setblocking(False)
        while _taken(slow, questions):
            assert other.still_served()
        assert other.still_served()


def _taken(peer: Peer, data: bytes) -> bool:
    """Whether there is still room between the client and the daemon."""
    try:
        return peer.socket.send(data) > 0
    except BlockingIOError:
        return False


def test_too_many_clients_are_told_so(
    daemon: ThreadedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quicktype.daemon.server.MAX_CLIENTS", 1)
    with daemon.peer() as first:
        assert first.still_served()
        with daemon.peer() as second:
            (error,) = second.rest()
            assert (error["type"], error["code"]) == ("error", "busy")
        assert first.still_served()
        monkeypatch.setattr("quicktype.daemon.server.MAX_CLIENTS", 128)


def test_another_user_is_refused(daemon: ThreadedDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("quicktype.daemon.server.peer_uid", lambda _: os.getuid() + 1)
        with daemon.peer() as peer:
            peer.socket.settimeout(HANG_S)
            assert peer.rest() == []
    with daemon.peer() as peer:
        assert peer.still_served()
