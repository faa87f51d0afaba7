"""What the commands print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quicktype.cli.output import CompletionView, print_turns
from quicktype.conversation import Conversation, Turn
from quicktype.draft import Draft
from quicktype.protocol import Done, Timing
from quicktype.suggestion import Candidate, Word, split_words

if TYPE_CHECKING:
    import pytest

TIMING = Timing(0.04, 1.9, 1.1, 3.14, 24, 20, 12)


def candidate(text: str, *confidences: float) -> Candidate:
    words = zip(split_words(text), confidences, strict=True)
    return Candidate(tuple(Word(word, confidence) for word, confidence in words))


def done(*candidates: Candidate, suppression: str | None = None) -> Done:
    return Done(1, "suppressed" if suppression else "complete", suppression, candidates, TIMING)


def test_a_completion_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    view = CompletionView("Ana", Draft("how about sev", "!"))
    view.improve((candidate("eral", 0.1),))
    view.finish(done(candidate("en o'clock?", 0.7, 0.62), candidate("en", 0.3)), "by the daemon")
    spent = "prefill 1.9 ms (24 tokens, 20 of them cached), decode 1.1 ms (12 tokens), queue 0.0 ms"
    assert capsys.readouterr().out.splitlines() == [
        "Ana: how about sev[en o'clock?]!",
        "",
        "  1   62%  " + "en o'clock?".ljust(60) + "  70% 62%",
        "  2   30%  " + "en".ljust(60) + "  30%",
        "",
        f"3.1 ms by the daemon: {spent}",
    ]


def test_silence_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    CompletionView("Ana", Draft("my pin is ")).finish(done(suppression="secret"), "here")
    assert "nothing to suggest: secret" in capsys.readouterr().out


def test_a_conversation_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_turns(Conversation((Turn("Ana\x1b[2J", "hi\x9b31m\nthere"),)))
    assert capsys.readouterr().out == "Ana\ufffd[2J: hi\ufffd31m\nthere\n"
