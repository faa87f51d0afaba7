"""Whose turn it is, when many ask at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.fake_completer import STEPPING

if TYPE_CHECKING:
    from tests.support.fake_daemon import Peer, ThreadedDaemon


def keep_busy(daemon: ThreadedDaemon, peer: Peer) -> None:
    """Has the completer wait in the first of its three steps."""
    peer.complete("busy", STEPPING)
    daemon.completer.wait_started()


def test_of_a_burst_only_the_newest_is_computed(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as other, daemon.peer() as typist:
        keep_busy(daemon, other)
        for number in range(50):
            typist.complete(number, "and " * number)
        for number in range(49):
            answer = typist.hear()
            assert (answer["id"], answer["reason"]) == (number, "superseded")
            assert answer["suppression"] == "low_confidence"
        daemon.completer.permit.release(3)
        assert typist.last_word(49)["reason"] == "complete"
    drafts = [request.draft.before for request in daemon.completer.requests]
    assert drafts == [STEPPING, "and " * 49]


def test_who_types_fast_takes_nobodys_turn(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as fast, daemon.peer() as slow:
        keep_busy(daemon, fast)
        slow.complete("slow", "slow")
        assert slow.still_served()
        for number in range(20):
            fast.complete(number, "fast " * number)
        for number in range(19):
            assert fast.last_word(number)["reason"] == "superseded"
        daemon.completer.permit.release(3)
        slow.last_word("slow")
        assert fast.last_word("busy")["reason"] == "superseded"
        assert fast.last_word(19)["reason"] == "complete"
    drafts = [request.draft.before for request in daemon.completer.requests]
    assert drafts == [STEPPING, "slow", "fast " * 19]


def test_the_same_id_twice_gets_two_last_words(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        keep_busy(daemon, peer)
        peer.complete("busy", "see you tom")
        assert peer.still_served()
        daemon.completer.permit.release(3)
        assert peer.last_word("busy")["reason"] == "superseded"
        assert peer.last_word("busy")["reason"] == "complete"
    assert daemon.completer.passes == 1


def test_one_client_neither_supersedes_nor_cancels_anothers_question(
    daemon: ThreadedDaemon,
) -> None:
    with daemon.peer() as first, daemon.peer() as second:
        keep_busy(daemon, first)
        second.complete("busy", "see you tom")
        second.say("cancel", id="busy")
        assert second.last_word("busy")["reason"] == "cancelled"
        daemon.completer.permit.release(3)
        assert first.last_word("busy")["reason"] == "complete"


def test_reading_ahead_waits_for_a_pause_and_only_the_newest_counts(
    daemon: ThreadedDaemon,
) -> None:
    with daemon.peer() as peer:
        keep_busy(daemon, peer)
        for speaker in ("Ana", "Ben", "Cleo"):
            peer.say("prepare", conversation=[], speaker=speaker)
        assert peer.still_served()
        assert daemon.completer.prepared == []
        daemon.completer.permit.release(3)
        peer.last_word("busy")
        assert daemon.completer.read_ahead.acquire(timeout=60)
        peer.complete(1, "see you tom")
        peer.last_word(1)
    assert [speaker for _, speaker in daemon.completer.prepared] == ["Cleo"]
