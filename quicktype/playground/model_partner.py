"""A chat model as the partner, in a thread of this process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from engine.sampling import Sampler
from engine.session import Cancelled
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
        self._make_talker = make_talker
        self._sampler = Sampler(_TEMPERATURE, _TOP_P)
        self._newest: Cue | None = None
        self._answered: Cue | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="partner", daemon=True)
        self._on_spoken: Callable[[Spoken], None]

    def start(self, on_spoken: Callable[[Spoken], None]) -> None:
        """Begins; `on_spoken` is called from the thread."""
        self._on_spoken = on_spoken
        self._thread.start()

    def cue(self, cue: Cue) -> None:
        """Answers this one, and stops answering what came before."""
        with self._changed:
            self._newest = cue
            self._changed.notify()

    def close(self) -> None:
        """Ends once the step that is being computed is done."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            talker = self._make_talker(self._excuse)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told at the next cue
            self._apologise(str(error))
            return
        while (cue := self._next()) is not None:
            try:
                self._speak(talker, cue)
            except Cancelled:
                continue
            except Exception as error:  # noqa: BLE001 - an answer that fails must not end the chat
                self._on_spoken(Spoken(cue.number, over=True, trouble=str(error)))

    def _next(self) -> Cue | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._newest is not self._answered)
            self._answered = self._newest
            return None if self._closed else self._newest

    def _speak(self, talker: Talker, cue: Cue) -> None:
        pieces = talker.message(
            cue.conversation,
            cue.me,
            cue.speaker,
            self._sampler,
            cancelled=lambda: self._interrupted(cue),
        )
        text = ""
        for count, piece in enumerate(pieces, start=1):
            text += piece
            if count == _MAX_TOKENS:
                text = _whole_sentences(text)
                break
            if piece:
                self._on_spoken(Spoken(cue.number, text))
        if not self._interrupted(cue):
            trouble = None if text.strip() else "your partner has nothing to say"
            self._on_spoken(Spoken(cue.number, text.strip(), over=True, trouble=trouble))

    def _interrupted(self, cue: Cue) -> bool:
        return self._closed or self._newest is not cue

    def _excuse(self, why: str) -> None:
        """Shows what the first answer waits for."""
        if self._newest is not None:
            self._on_spoken(Spoken(self._newest.number, trouble=why))

    def _apologise(self, reason: str) -> None:
        """Answers every cue with the reason why there is no model."""
        while (cue := self._next()) is not None:
            self._on_spoken(Spoken(cue.number, over=True, trouble=reason))


def _whole_sentences(text: str) -> str:
    """The text up to its last sentence's end, if one ends in it."""
    end = max(text.rfind(sign) for sign in ".!?\n")
    return text[: end + 1] if end > 0 else text
