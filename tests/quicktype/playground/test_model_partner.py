"""A model as the partner: says things from its thread, gives way, survives what goes wrong."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest

from engine.session import Cancelled
from quicktype.conversation import Conversation, Turn
from quicktype.playground.model_partner import ModelPartner
from quicktype.playground.partner import Cue, Spoken

if TYPE_CHECKING:
    from quicktype.completer.talking import Talker

SECONDS = 10


class StandIn:
    """Says the last message again; some messages make trouble."""

    def __init__(self) -> None:
        self.waiting = threading.Event()

    def message(
        self, conversation: Conversation, *_: object, cancelled: Callable[[], bool]
    ) -> Iterator[str]:
        text = conversation.turns[-1].text
        if text == "fail":
            raise RuntimeError("the model broke")
        if text == "drown":
            raise Cancelled("read in vain")
        for word in text.split(" "):
            yield word + " "
        if text == "wait":
            self.waiting.set()
            while not cancelled():
                time.sleep(0.001)


class Audience:
    """Listens to a partner."""

    def __init__(self, make: Callable[[Callable[[str], None]], object]) -> None:
        self.partner = ModelPartner(cast("Callable[[Any], Talker]", make))
        self._heard: queue.SimpleQueue[Spoken] = queue.SimpleQueue()
        self.partner.start(self._heard.put)

    def cue(self, number: int, text: str) -> None:
        self.partner.cue(Cue(number, Conversation((Turn("Ana", text),)), "Ana", "Ben"))

    def hears(self) -> Spoken:
        return self._heard.get(timeout=SECONDS)

    def hears_out(self) -> Spoken:
        while not (spoken := self.hears()).over:
            pass
        return spoken


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture
def audience(stand_in: StandIn) -> Iterator[Audience]:
    audience = Audience(lambda _: stand_in)
    yield audience
    audience.partner.close()


def test_it_is_heard_word_by_word_and_then_whole(audience: Audience) -> None:
    audience.cue(1, "see you")
    assert [audience.hears() for _ in range(3)] == [
        Spoken(1, "see "),
        Spoken(1, "see you "),
        Spoken(1, "see you", over=True),
    ]


def test_a_newer_cue_interrupts_it(audience: Audience, stand_in: StandIn) -> None:
    audience.cue(1, "wait")
    assert stand_in.waiting.wait(SECONDS)
    audience.cue(2, "hello")
    assert audience.hears_out() == Spoken(2, "hello", over=True)


def test_one_answer_that_fails_does_not_end_it(audience: Audience) -> None:
    audience.cue(1, "fail")
    assert audience.hears() == Spoken(1, over=True, trouble="the model broke")
    audience.cue(2, "drown")
    audience.cue(3, "hello")
    assert audience.hears_out() == Spoken(3, "hello", over=True)


def test_who_says_too_much_is_cut_at_a_sentence(audience: Audience) -> None:
    audience.cue(1, "one two. " + "three " * 300)
    assert audience.hears_out().text == "one two."


def test_who_says_nothing_is_told_of(audience: Audience) -> None:
    audience.cue(1, "")
    assert audience.hears_out().trouble == "your partner has nothing to say"


def test_a_model_that_cannot_be_had_is_told_at_every_cue() -> None:
    def make(notify: Callable[[str], None]) -> object:
        notify("not heard: nobody has asked yet")
        raise ValueError("no such model")

    audience = Audience(make)
    for number in (1, 2):
        audience.cue(number, "hi")
        assert audience.hears_out() == Spoken(number, over=True, trouble="no such model")
    audience.partner.close()


def test_what_the_first_answer_waits_for_is_shown(stand_in: StandIn) -> None:
    ready = threading.Event()

    def make(notify: Callable[[str], None]) -> object:
        assert ready.wait(SECONDS)
        notify("compiling")
        return stand_in

    audience = Audience(make)
    audience.cue(1, "hi")
    ready.set()
    assert audience.hears() == Spoken(1, trouble="compiling")
    assert audience.hears_out().text == "hi"
    audience.partner.close()
