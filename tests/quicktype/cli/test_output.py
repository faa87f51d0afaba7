"""What the commands print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quicktype.cli.output import CompletionView, print_turns
from quicktype.conversation import Conversation, Turn
from quicktype.draft import Draft

if TYPE_CHECKING:
    import pytest

TIMING = {
    "queue_ms": 0.04,
    "prefill_ms": 1.9,
    "decode_ms": 1.1,
    "total_ms": 3.14,
    "prompt_tokens": 24,
    "reused_tokens": 20,
    "decoded_tokens": 12,
}


def candidate(text: str, *confidences: float) -> dict[str, Any]:
    words = [{"text": "", "confidence": confidence} for confidence in confidences]
    return {"text": text, "confidence": confidences[-1], "words": words}


def done(*candidates: dict[str, Any], suppression: str | None = None) -> dict[str, Any]:
    reason = "suppressed" if suppression else "complete"
    return {
        "candidates": list(candidates),
        "suppression": suppression,
        "reason": reason,
        "timing": TIMING,
    }


def test_a_completion_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    view = CompletionView("Ana", Draft("how about sev", "!"))
    view.improve([candidate("eral", 0.1)])
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
