"""A client asks, changes its mind, gives up, and always gets exactly one last word."""

from __future__ import annotations

from typing import Any

import pytest

from quicktype.conversation import Conversation, Turn
from quicktype.draft import Draft
from tests.support.fake_completer import FAILING, HANG_S, STEPPING, THINKING
from tests.support.fake_daemon import ThreadedDaemon

CANARY = "correct-horse-battery"


def test_candidates_come_as_they_get_better_and_then_one_last_word(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.complete(1, "see you tom")
        heard = [peer.hear() for _ in range(3)]
        assert peer.still_served()
    assert [line["type"] for line in heard] == ["suggestions", "suggestions", "done"]
    assert {line["id"] for line in heard} == {1}
    texts = [line["candidates"][0]["text"] for line in heard]
    assert texts == ["orrow", "orrow at noon", "orrow at noon"]
    done = heard[-1]
    assert done["reason"] == "complete"
    assert done["suppression"] is None
    timing = done["timing"]
    assert timing["prompt_tokens"] == 40
    assert timing["total_ms"] == pytest.approx(4.0 + timing["queue_ms"], abs=0.002)


def test_the_completer_is_asked_what_the_client_asked(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.complete(
            "a",
            "hi",
            app="hexchat",
            partner="Ana",
            gate=False,
            draft={"before": "h", "after": "o"},
            limits={"candidates": 5, "words": 2, "deadline_ms": 60_000, "threshold": 0.5},
        )
        peer.last_word("a")
    (request,) = daemon.completer.requests
    assert request.conversation == Conversation((Turn("Ana", "see you tomorrow?"),))
    assert request.speaker == "Ben"
    assert request.draft == Draft("h", "o")
    assert (request.candidates, request.words, request.gate) == (5, 2, False)
    assert (request.app, request.partner) == ("hexchat", "Ana")
    assert request.threshold == 0.5
    assert request.deadline_ms is not None
    assert 0 < request.deadline_ms <= 60_000


def test_a_reason_for_silence_is_told(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.complete(1, "my pin is 12")
        done = peer.hear()
    assert (done["type"], done["reason"], done["suppression"]) == ("done", "suppressed", "secret")
    assert done["candidates"] == []


def test_a_newer_question_supersedes_the_older(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.complete(1, THINKING)
        daemon.completer.wait_started()
        peer.complete(2, "see you tom")
        assert peer.last_word(1)["reason"] == "superseded"
        assert peer.last_word(2)["reason"] == "complete"


def test_also_one_that_still_waits_behind_others(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as other, daemon.peer() as peer:
        other.complete(1, STEPPING)
        daemon.completer.wait_started()
        peer.complete(1, "see you tom")
        peer.complete(2, "see you tomo")
        assert peer.hear()["reason"] == "superseded"
        daemon.completer.permit.release(3)
        assert peer.last_word(2)["reason"] == "complete"
        assert other.last_word(1)["reason"] == "complete"
    assert [request.draft.before for request in daemon.completer.requests] == [
        STEPPING,
        "see you tomo",
    ]


def test_a_cancelled_question_ends_within_one_step(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.complete(1, STEPPING)
        daemon.completer.wait_started()
        peer.say("cancel", id=1)
        assert peer.still_served()  # so the cancel has been heard, while the first pass runs
        daemon.completer.permit.release(3)
        assert peer.last_word(1)["reason"] == "cancelled"
    assert daemon.completer.passes == 1


def test_a_cancel_for_another_id_or_after_the_end_is_ignored(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.complete(1, STEPPING)
        daemon.completer.wait_started()
        peer.say("cancel", id=2)
        daemon.completer.permit.release(3)
        assert peer.last_word(1)["reason"] == "complete"
        peer.say("cancel", id=1)
        assert peer.still_served()
    assert daemon.completer.passes == 3


def test_a_deadline_ends_the_search(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.complete(1, THINKING, limits={"deadline_ms": 5})
        assert peer.last_word(1)["reason"] == "deadline"


def test_a_deadline_that_passed_in_the_queue_costs_no_computation(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as other, daemon.peer() as peer:
        other.complete(1, STEPPING)
        daemon.completer.wait_started()
        peer.complete(1, "see you tom", limits={"deadline_ms": 0})
        assert peer.still_served()
        daemon.completer.permit.release(3)
        assert peer.last_word(1)["reason"] == "deadline"
        other.last_word(1)
    assert len(daemon.completer.requests) == 1


def test_two_clients_at_once_are_both_answered(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as first, daemon.peer() as second:
        first.complete(1, STEPPING)
        daemon.completer.wait_started()
        second.complete(1, "see you tom")
        daemon.completer.permit.release(3)
        assert first.last_word(1)["candidates"][0]["text"] == "by step"
        assert second.last_word(1)["candidates"][0]["text"] == "orrow at noon"


def test_thirty_clients_at_once_are_all_answered(daemon: ThreadedDaemon) -> None:
    peers = [daemon.peer() for _ in range(30)]
    for name, peer in enumerate(peers):
        peer.complete(name, "see you tom")
    for name, peer in enumerate(peers):
        with peer:
            assert peer.last_word(name)["reason"] == "complete"


def test_a_completer_that_fails_is_one_error_and_no_more(
    daemon: ThreadedDaemon, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with daemon.peer() as peer:
        peer.complete(1, f"{FAILING} {CANARY}")
        error = peer.last_word(1)
        assert (error["type"], error["code"]) == ("error", "internal")
        peer.complete(2, "see you tom")
        assert peer.last_word(2)["reason"] == "complete"
    assert "RuntimeError" in caplog.text
    assert CANARY not in caplog.text + str(error)


def test_too_many_questions_at_once_are_refused_and_may_be_asked_again(
    daemon: ThreadedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quicktype.daemon.worker.QUEUE", 1)
    with daemon.peer() as first, daemon.peer() as second, daemon.peer() as third:
        first.complete(1, STEPPING)
        daemon.completer.wait_started()
        second.complete(1, "see you tom")
        assert second.still_served()
        third.complete(1, "see you tom")
        error = third.hear()
        assert (error["type"], error["code"], error["id"]) == ("error", "busy", 1)
        daemon.completer.permit.release(3)
        assert second.last_word(1)["reason"] == "complete"
        third.complete(1, "see you tom")
        assert third.last_word(1)["reason"] == "complete"


class TestConversations:
    def test_one_that_was_observed_is_named_by_any_connection(self, daemon: ThreadedDaemon) -> None:
        first, second = {"speaker": "Ana", "text": "tea?"}, {"speaker": "Ben", "text": "sure"}
        with daemon.peer() as chat, daemon.peer() as keyboard:
            for name, turn in enumerate((first, second)):
                chat.say("observe", id=name, conversation_id="#tea", turns=[turn])
                assert chat.hear() == {"type": "ok", "id": name}
            keyboard.complete(1, "see you tom", conversation_id="#tea")
            assert keyboard.last_word(1)["reason"] == "complete"
        (request,) = daemon.completer.requests
        assert request.conversation == Conversation((Turn("Ana", "tea?"), Turn("Ben", "sure")))

    @pytest.mark.parametrize("kind", ["complete", "prepare"])
    def test_one_that_nobody_knows_is_an_error_of_that_question(
        self, daemon: ThreadedDaemon, kind: str
    ) -> None:
        with daemon.peer() as peer:
            peer.say(kind, id="x", conversation_id="#tea", speaker="Ana")
            error = peer.hear()
            assert (error["type"], error["code"], error["id"]) == ("error", "bad_request", "x")
            assert peer.still_served()

    def test_the_longest_silent_one_falls_out(
        self, daemon: ThreadedDaemon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("quicktype.daemon.observed.CONVERSATIONS", 2)
        with daemon.peer() as peer:
            for name in ("a", "b", "a", "c"):
                peer.say("observe", conversation_id=name, turns=[])
            for name, answer in (("a", "done"), ("b", "error"), ("c", "done")):
                peer.complete(name, "see you tom", conversation_id=name)
                assert peer.last_word(name)["type"] == answer

    def test_what_is_forgotten_is_not_known_any_more(self, daemon: ThreadedDaemon) -> None:
        turns = [{"speaker": "Ana", "text": "tea?"}, {"speaker": "Ana", "text": "or coffee"}]
        with daemon.peer() as peer:
            peer.say("observe", conversation_id="#tea", turns=turns, partner="Ana", app="hexchat")
            peer.say("forget", id=1, text="tea?")
            assert peer.hear() == {"type": "ok", "id": 1}
            peer.complete(2, "see you tom", conversation_id="#tea")
            peer.last_word(2)
            peer.say("forget", partner="Ana")
            peer.complete(3, "see you tom", conversation_id="#tea")
            assert peer.last_word(3)["code"] == "bad_request"
        (request,) = daemon.completer.requests
        assert request.conversation == Conversation((Turn("Ana", "or coffee"),))

    def test_one_is_read_ahead_when_a_message_arrives(self, daemon: ThreadedDaemon) -> None:
        turns = [{"speaker": "Ana", "text": "tea?"}]
        with daemon.peer() as peer:
            peer.say("prepare", id=1, conversation=turns, speaker="Ben")
            assert peer.hear() == {"type": "ok", "id": 1}
            assert daemon.completer.read_ahead.acquire(timeout=HANG_S)
        assert daemon.completer.prepared == [(Conversation((Turn("Ana", "tea?"),)), "Ben")]

    def test_failing_to_read_ahead_harms_nobody(self, daemon: ThreadedDaemon) -> None:
        with daemon.peer() as peer:
            peer.say("prepare", conversation=[], speaker=FAILING)
            assert daemon.completer.read_ahead.acquire(timeout=HANG_S)
            peer.complete(1, "see you tom")
            assert peer.last_word(1)["reason"] == "complete"


class TestFeedback:
    def test_after_a_dismissal_the_word_is_left_alone(self, daemon: ThreadedDaemon) -> None:
        with daemon.peer() as peer:
            peer.complete(1, "see you t")
            peer.last_word(1)
            peer.say("feedback", id=1, event="dismissed", text="orrow")
            assert peer.hear() == {"type": "ok", "id": 1}
            peer.complete(2, "see you to")
            assert peer.last_word(2)["suppression"] == "dismissed"
            peer.complete(3, "see you tom at")
            assert peer.last_word(3)["reason"] == "complete"
        assert daemon.completer.requests[0].dismissed is None
        assert daemon.completer.requests[1].dismissed == Draft("see you t")

    def test_another_connection_is_not_concerned(self, daemon: ThreadedDaemon) -> None:
        with daemon.peer() as peer, daemon.peer() as other:
            peer.complete(1, "see you t")
            peer.last_word(1)
            peer.say("feedback", event="dismissed")
            assert peer.still_served()
            other.complete(1, "see you t")
            assert other.last_word(1)["reason"] == "complete"

    @pytest.mark.parametrize("event", ["shown", "accepted", "typed_over"])
    def test_other_events_change_nothing(self, daemon: ThreadedDaemon, event: str) -> None:
        with daemon.peer() as peer:
            peer.complete(1, "see you t")
            peer.last_word(1)
            peer.say("feedback", id=1, event=event, text="orrow")
            assert peer.hear() == {"type": "ok", "id": 1}
            peer.complete(2, "see you t")
            assert peer.last_word(2)["reason"] == "complete"


def test_learning_and_forgetting_are_taken(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.say("learn", id=1, text="hi", speaker="Ana", conversation=[])
        peer.say("learn", text="without an id there is no answer", speaker="Ana")
        peer.say("forget", id=2, all=True)
        assert [peer.hear() for _ in range(2)] == [{"type": "ok", "id": n} for n in (1, 2)]


def turns(*said: tuple[str, str]) -> list[dict[str, str]]:
    return [{"speaker": speaker, "text": text} for speaker, text in said]


class TestAppsThatPush:
    """A client that sees no conversation gets the one that the app itself told last."""

    def asked(self, daemon: ThreadedDaemon, **fields: Any) -> tuple[list[str], str]:
        with daemon.peer() as peer:
            tea = turns(("Cleo", "tea?"), ("ana_", "yes"))
            peer.say("observe", conversation_id="1", app="hexchat", turns=tea, speaker="ana_")
            peer.say("observe", conversation_id="2", app="hexchat", turns=turns(("Ben", "when?")))
            peer.say("observe", conversation_id="3", app="other", turns=turns(("Dan", "no")))
            peer.say("observe", conversation_id="1", app="hexchat", turns=[])
            peer.complete("a", "see you tom", **{"conversation": [], "app": "hexchat"} | fields)
            peer.last_word("a")
        request = daemon.completer.requests[-1]
        return [turn.text for turn in request.conversation.turns], request.speaker

    def test_it_is_the_one_that_the_user_is_in_now(self, daemon: ThreadedDaemon) -> None:
        assert self.asked(daemon) == (["tea?", "yes"], "ana_")

    def test_one_that_does_not_say_who_the_user_is_leaves_that_as_asked(
        self, daemon: ThreadedDaemon
    ) -> None:
        assert self.asked(daemon, app="other") == (["no"], "Ben")

    def test_what_the_client_sees_itself_counts(self, daemon: ThreadedDaemon) -> None:
        assert self.asked(daemon, conversation=turns(("Eve", "hi"))) == (["hi"], "Ben")

    def test_another_apps_messages_are_nobody_elses(self, daemon: ThreadedDaemon) -> None:
        assert self.asked(daemon, app="konversation") == ([], "Ben")
        assert self.asked(daemon, app=None) == ([], "Ben")
