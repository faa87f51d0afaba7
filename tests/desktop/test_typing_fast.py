"""Thousands of keys, some of which take what is offered: nothing lost, nothing doubled."""

from __future__ import annotations

import random
import time

import pytest

from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.story import Story
from tests.desktop.harness.suggester import Suggester, first_word
from tests.desktop.harness.waiting import wait_for
from ui.x11.platform import X11Platform

ENDINGS = {"a": "nd so on", "e": "very day", "o": "f course", " ": "yes but no"}
LETTERS = "aeo tnsr "


def offered(before: str) -> str:
    """Something to take after most letters."""
    return ENDINGS.get(before[-1:], "")


@pytest.mark.parametrize(
    ("app", "field", "index", "presses"),
    [("qt_chat", "area", 1, 2000), ("gtk_entry", "area", 1, 600), ("web_chat", "area", 2, 600)],
)
def test_the_app_holds_what_the_keys_and_the_accepts_mean(
    app: str,
    field: str,
    index: int,
    presses: int,
    request: pytest.FixtureRequest,
    fingers: Fingers,
    suggester: Suggester,
    platform: X11Platform,
) -> None:
    story = Story(request.getfixturevalue(app), field, index, fingers, suggester, platform)
    story.begin()
    suggester.predict, suggester.take = offered, first_word
    before = len(suggester.story)
    chance, letters = random.Random(7), ""
    for _ in range(presses):
        kind = chance.random()
        if kind < 0.2:
            fingers.tap("Tab")
        elif kind < 0.26:
            fingers.tap("BackSpace")
        else:
            letters += chance.choice(LETTERS)
            story.type(letters[-1])
        time.sleep(chance.uniform(0.005, 0.03))
    wait_for(lambda: story.holds() == meant(suggester.story[before:], letters), "the same text", 30)
    took = sum(what == "took" for what, _ in suggester.story[before:])
    assert took > presses / 100, "hardly anything was taken"


def meant(told: list[tuple[str, str]], letters: str) -> str | None:
    """The text that comes of what was told; None as long as a letter was not told of."""
    text, typed = "", iter(letters)
    for what, which in told:
        match what, which:
            case "took", _:
                text += which
            case "took back", _:
                assert text.endswith(which)
                text = text.removesuffix(which)
            case "key", "TEXT":
                text += next(typed)
            case "key", "TAB":
                text += "\t"
            case "key", "ERASE":
                text = text[:-1]
            case _:
                raise AssertionError(f"nobody pressed {which}")
    return text if next(typed, None) is None else None
