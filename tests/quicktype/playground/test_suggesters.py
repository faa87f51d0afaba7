"""Suggestions from a completer in this process, and from a daemon that comes and goes."""

from __future__ import annotations

import queue
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quicktype import protocol
from quicktype.client import Client
from quicktype.completer import Completer, Completion, CompletionRequest
from quicktype.conversation import Conversation, Turn
from quicktype.draft import Draft
from quicktype.playground.in_process import InProcessSuggester
from quicktype.playground.suggester import Answer, Question
from quicktype.playground.through_daemon import DaemonSuggester
from quicktype.suggestion import Candidate, Word
from tests.support.toy_model import ToyTokenizer, knows_sentences, toy_completer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


SECONDS = 20
DINNER = Conversation((Turn("Ben", "what time?"),))


def question(number: int, before: str) -> Question:
    return Question(number, DINNER, "Ana", Draft(before))


class Answers:
    """What came, in order."""

    def __init__(self) -> None:
        self._came: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self.hear = self._came.put

    def last_word_on(self, number: int) -> Answer:
        """The first answer to this question that has a time or a reason for silence."""
        while True:
            answer = self._came.get(timeout=SECONDS)
            if answer.number == number and (answer.milliseconds is not None or answer.silence):
                return answer


def toy(notify: Callable[[str], None]) -> Completer:
    notify("getting ready")
    tokenizer = ToyTokenizer([" how", " about", " seven"])
    return toy_completer(tokenizer, knows_sentences(tokenizer, {"how about seven": 1.0}))[0]


def test_in_process_the_newest_question_is_answered() -> None:
    answers = Answers()
    suggester = InProcessSuggester(toy)
    suggester.start(answers.hear)
    for number, before in enumerate(("h", "ho", "how"), start=1):
        suggester.ask(question(number, before))
    answer = answers.last_word_on(3)
    assert [candidate.text for candidate in answer.candidates] == [" about seven"]
    suggester.feedback(question(3, "how"), "shown", " about seven")
    suggester.close()


def test_in_process_a_model_that_cannot_be_had_is_explained_at_every_question() -> None:
    def fail(_: Callable[[str], None]) -> Completer:
        raise ValueError("the weights are broken")

    answers = Answers()
    suggester = InProcessSuggester(fail)
    suggester.start(answers.hear)
    for number in (1, 2):
        suggester.ask(question(number, "how"))
        assert answers.last_word_on(number).silence == "the weights are broken"
    suggester.close()


def test_in_process_one_question_that_fails_does_not_end_the_chat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = Completer.complete

    def fickle(self: Completer, request: CompletionRequest, **options: Any) -> Completion:
        if request.draft.before == "trip":
            raise RuntimeError("the engine tripped")
        return usual(self, request, **options)

    monkeypatch.setattr(Completer, "complete", fickle)
    answers = Answers()
    suggester = InProcessSuggester(toy)
    suggester.start(answers.hear)
    suggester.ask(question(1, "trip"))
    assert answers.last_word_on(1).silence == "the engine tripped"
    suggester.ask(question(2, "how"))
    assert answers.last_word_on(2).candidates
    suggester.close()


class ScriptedDaemon:
    """Listens at a socket, and answers what it is told to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()
        self._listening.settimeout(SECONDS)
        self._lines = protocol.LineReader()
        self._waiting: list[bytes] = []
        self._clients: list[socket.socket] = []

    def accept(self) -> None:
        client, _ = self._listening.accept()
        client.settimeout(SECONDS)
        self._clients.append(client)

    def hear(self) -> protocol.ClientMessage:
        while not self._waiting:
            lines = self._lines.feed(self._clients[-1].recv(1 << 16))
            self._waiting = [line for line in lines if isinstance(line, bytes)]
        return protocol.decode_client(self._waiting.pop(0))

    def say(self, *messages: protocol.ServerMessage) -> None:
        for message in messages:
            self._clients[-1].sendall(protocol.encode(message))

    def hang_up(self) -> None:
        self._clients[-1].close()

    def close(self) -> None:
        self._listening.close()
        for client in self._clients:
            client.close()


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedDaemon]:
    monkeypatch.chdir(tmp_path)  # a relative path is short enough for any socket
    daemon = ScriptedDaemon(Path("d.sock"))
    yield daemon
    daemon.close()


def connected(scripted: ScriptedDaemon) -> tuple[DaemonSuggester, Answers]:
    answers = Answers()
    suggester = DaemonSuggester(lambda: Client(scripted.path, timeout=None))
    suggester.start(answers.hear)
    return suggester, answers


def test_through_the_daemon(scripted: ScriptedDaemon) -> None:
    suggester, answers = connected(scripted)
    suggester.ask(question(7, "how"))
    scripted.accept()
    heard = scripted.hear()
    assert isinstance(heard, protocol.Complete)
    assert (heard.id, heard.speaker, heard.draft) == (7, "Ana", Draft("how"))
    assert heard.conversation == DINNER
    assert heard.gate
    found = (Candidate((Word(" about", 0.5),)),)
    timing = protocol.Timing(total_ms=2.5)
    scripted.say(protocol.Suggestions(7, found), protocol.Done(7, "complete", None, found, timing))
    assert answers.last_word_on(7) == Answer(7, found, 2.5, "complete")
    suggester.feedback(question(7, "how"), "accepted", " about")
    assert scripted.hear() == protocol.Feedback("accepted", " about", 7)
    suggester.close()


def test_a_refusal_is_shown(scripted: ScriptedDaemon) -> None:
    suggester, answers = connected(scripted)
    suggester.ask(question(1, "how"))
    scripted.accept()
    scripted.hear()
    scripted.say(protocol.Error("busy", "64 requests wait already", 1))
    assert answers.last_word_on(1) == Answer(1, silence="64 requests wait already")
    suggester.close()


def test_a_daemon_that_was_restarted_is_found_again(scripted: ScriptedDaemon) -> None:
    suggester, answers = connected(scripted)
    suggester.ask(question(1, "h"))
    scripted.accept()
    scripted.hear()
    scripted.hang_up()
    assert "the daemon closed the connection" in (answers.last_word_on(1).silence or "")
    suggester.ask(question(2, "ho"))
    scripted.accept()
    scripted.hear()
    scripted.say(protocol.Done(2, "complete"))
    assert answers.last_word_on(2).milliseconds == 0.0
    suggester.close()


def test_a_daemon_that_hangs_never_holds_up_who_types(scripted: ScriptedDaemon) -> None:
    """Nobody accepts, nobody reads: asking returns all the same, and what waits is bounded."""
    suggester, _ = connected(scripted)
    long = Conversation((Turn("Ben", "x" * 60_000),))

    def ask_often() -> None:
        for number in range(1000):
            suggester.ask(Question(number, long, "Ana", Draft("h")))

    asking = threading.Thread(target=ask_often, daemon=True)
    asking.start()
    asking.join(SECONDS)
    assert not asking.is_alive()
    suggester.close()
