"""From the start over new weights to the end, which is always clean."""

from __future__ import annotations

import signal
import subprocess
import threading
from pathlib import Path

import pytest

from quicktype.daemon import Loaded
from quicktype.daemon.server import serve
from tests.support.fake_completer import FAILING, FLOODING, HANG_S, STEPPING, THINKING
from tests.support.fake_daemon import (
    Line,
    Peer,
    ThreadedDaemon,
    completion,
    daemon_process,
    threaded_daemon,
)

CANARY = "correct-horse-battery"


class TestReload:
    def test_the_old_model_ends_what_it_began_and_the_new_one_goes_on(
        self, daemon: ThreadedDaemon
    ) -> None:
        old = daemon.completer
        with daemon.peer() as peer, daemon.peer() as other:
            peer.complete(1, STEPPING)
            old.wait_started()
            other.say("reload", id="r")
            assert other.hear() == {"type": "ok", "id": "r"}
            old.permit.release(3)
            assert peer.last_word(1)["candidates"][0]["text"] == "by step"
            peer.complete(2, "see you tom")
            assert peer.last_word(2)["reason"] == "complete"
        assert len(daemon.completers) == 2
        assert [request.draft.before for request in old.requests] == [STEPPING]
        assert [request.draft.before for request in daemon.completer.requests] == ["see you tom"]

    def test_when_the_new_one_cannot_be_loaded_the_old_one_goes_on(
        self, daemon: ThreadedDaemon
    ) -> None:
        daemon.failure = OSError("no such weights")
        with daemon.peer() as peer:
            peer.say("reload", id="r")
            error = peer.hear()
            assert (error["type"], error["code"], error["id"]) == ("error", "internal", "r")
            assert "no such weights" in error["message"]
            peer.complete(1, "see you tom")
            assert peer.last_word(1)["reason"] == "complete"
        assert len(daemon.completers) == 1

    def test_who_asked_for_it_need_not_wait_for_it(self, daemon: ThreadedDaemon) -> None:
        with daemon.peer() as peer:
            peer.say("reload")
        with daemon.peer() as peer:
            peer.say("reload")
            assert peer.hear() == {"type": "ok"}


class TestShutdown:
    def test_every_open_question_is_answered(self, path: Path) -> None:
        with threaded_daemon(path) as daemon:
            with daemon.peer() as running, daemon.peer() as waiting, daemon.peer() as peer:
                running.complete(1, THINKING)
                daemon.completer.wait_started()
                waiting.complete(2, "see you tom")
                assert waiting.still_served()
                peer.say("shutdown", id="s")
                assert peer.rest() == [{"type": "ok", "id": "s"}]
                assert [line["reason"] for line in running.rest()] == ["cancelled"]
                assert [line["reason"] for line in waiting.rest()] == ["cancelled"]
            assert len(daemon.completer.requests) == 1

    def test_also_one_that_comes_with_it(self, path: Path) -> None:
        with threaded_daemon(path) as daemon, daemon.peer() as peer:
            peer.complete(1, THINKING)
            peer.say("shutdown")
            peer.complete(2, THINKING)
            last = [line["id"] for line in peer.rest() if line["type"] in ("done", "error")]
        assert sorted(last) in ([1], [1, 2])  # the second may come too late to be read

    def test_a_client_that_talks_on_does_not_keep_it(self, path: Path) -> None:
        with threaded_daemon(path) as daemon, daemon.peer() as talker, daemon.peer() as peer:
            peer.say("shutdown")
            assert _talked_to_the_end(talker)

    def test_a_client_that_does_not_read_does_not_keep_it(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("quicktype.daemon.connection.MAX_UNREAD", 1 << 40)
        monkeypatch.setattr("quicktype.daemon.server._FAREWELL_S", 0.01)
        with threaded_daemon(path) as daemon, daemon.peer() as slow, daemon.peer() as peer:
            slow.complete(1, FLOODING)
            assert slow.hear()["type"] == "suggestions"
            peer.say("shutdown")
            assert peer.rest() == [{"type": "ok"}]

    def test_a_model_that_cannot_be_loaded_at_the_start_leaves_no_socket(self, path: Path) -> None:
        def load() -> Loaded:
            raise ValueError("broken weights")

        with pytest.raises(ValueError, match="broken weights"):
            serve(path, load)
        assert not path.exists()


def _talked_to_the_end(peer: Peer) -> bool:
    while True:
        try:
            peer.say("status")
        except OSError:
            return True


class TestProcess:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_it_in_peace(self, path: Path, number: signal.Signals) -> None:
        with daemon_process(path) as process, Peer(path) as peer:
            peer.complete(1, THINKING)
            assert peer.still_served()
            process.send_signal(number)
            assert [line["reason"] for line in peer.rest()] == ["cancelled"]
            assert process.wait(HANG_S) == 0
            assert not path.exists()

    def test_its_log_never_holds_what_was_typed(self, path: Path) -> None:
        with daemon_process(path) as process:
            with Peer(path) as peer:
                for line in _telling_lines():
                    peer.say(**line)
                    peer.last_word(line["id"])
                peer.send(CANARY.encode() + b"\n" + CANARY.encode() + b"\xff\n")
                assert [peer.hear()["type"] for _ in range(2)] == ["error", "error"]
                peer.say("shutdown")
                peer.rest()
            said, logged = process.communicate(timeout=HANG_S)
        assert process.returncode == 0
        assert "RuntimeError" in logged
        assert CANARY not in said + logged

    def test_a_second_one_is_refused_and_the_first_lives_on(self, path: Path) -> None:
        with daemon_process(path) as process:
            second = subprocess.run(
                process.args, capture_output=True, text=True, check=False, timeout=HANG_S
            )
            assert second.returncode == 1
            assert f"pid {process.pid}" in second.stderr
            assert second.stderr.count("\n") == 1
            with Peer(path) as peer:
                assert peer.still_served()

    def test_what_a_killed_one_leaves_behind_is_replaced(self, path: Path) -> None:
        with daemon_process(path) as process:
            process.kill()
            process.wait(HANG_S)
        assert path.is_socket()
        with threaded_daemon(path) as daemon, daemon.peer() as peer:
            assert peer.still_served()


def _telling_lines() -> list[Line]:
    private = f"{CANARY} {CANARY}"
    turns = [{"speaker": CANARY, "text": private}]
    return [
        {"kind": "complete", **completion(1, private)},
        {"kind": "complete", **completion(2, f"{FAILING} {private}")},
        {"kind": "complete", **completion(3, "x", limits={"words": private})},
        {"kind": "observe", "id": 4, "conversation_id": CANARY, "turns": turns},
        {"kind": "prepare", "id": 5, "conversation": turns, "speaker": FAILING},
        {"kind": "learn", "id": 6, "text": private, "speaker": CANARY},
        {"kind": "feedback", "id": 7, "event": "shown", "text": private},
        {"kind": private, "id": 8},
    ]


def test_threads_are_gone_with_the_daemon(path: Path) -> None:
    with threaded_daemon(path):
        assert "model" in {thread.name for thread in threading.enumerate()}
    assert "model" not in {thread.name for thread in threading.enumerate()}
