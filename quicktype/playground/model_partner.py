"""A chat model as the partner, in a thread of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.sampling import Sampler
from quicktype.playground.newest import NewestFirst
from quicktype.playground.partner import Spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from quicktype.completer.talking import Talker
    from quicktype.playground.partner import Cue

_TEMPERATURE, _TOP_P = 0.7, 0.9
_MAX_TOKENS = 160
"""Who says more in a chat is cut short at the end of a sentence."""


class ModelPartner:
    """Says what its model says; one that is interrupted stops within a decode step."""

    def __init__(self, make_talker: Callable[[Callable[[str], None]], Talker]) -> None:
        """`make_talker` is called in the thread: it may take its time, and say on what."""
        self._sampler = Sampler(_TEMPERATURE, _TOP_P)
        self._cues = NewestFirst(
            "partner", make_talker, self._speak, excuse=self._excuse, refuse=self._refuse
        )
        self._on_spoken: Callable[[Spoken], None]

    def start(self, on_spoken: Callable[[Spoken], None]) -> None:
        """Begins; `on_spoken` is called from the thread."""
        self._on_spoken = on_spoken
        self._cues.start()

    def cue(self, cue: Cue) -> None:
        """Answers this one, and stops answering what came before."""
        self._cues.ask(cue)

    def close(self) -> None:
        """Ends once the step that is being computed is done."""
        self._cues.close()

    def _speak(self, talker: Talker, cue: Cue) -> None:
        pieces = talker.message(
            cue.conversation,
            cue.me,
            cue.speaker,
            self._sampler,
            cancelled=lambda: self._cues.superseded(cue),
        )
        text = ""
        for count, piece in enumerate(pieces, start=1):
            text += piece
            if count == _MAX_TOKENS:
                text = _whole_sentences(text)
                break
            if piece:
                self._on_spoken(Spoken(cue.number, text))
        if not self._cues.superseded(cue):
            trouble = None if text.strip() else "your partner has nothing to say"
            self._on_spoken(Spoken(cue.number, text.strip(), over=True, trouble=trouble))

    def _excuse(self, cue: Cue, why: str) -> None:
        self._on_spoken(Spoken(cue.number, trouble=why))

    def _refuse(self, cue: Cue, why: str) -> None:
        self._on_spoken(Spoken(cue.number, over=True, trouble=why))


def _whole_sentences(text: str) -> str:
    """The text up to its last sentence's end, if one ends in it."""
    end = max(text.rfind(sign) for sign in ".!?\n")
    return text[: end + 1] if end > 0 else text
