"""Thousands of keys, some of which take what is offered: nothing lost, nothing doubled."""

from __future__ import annotations

import random
import time

import pytest

from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.story import Story
from tests.desktop.harness.suggester import Suggester, first_word
from ui.x11.platform import X11Platform

ENDINGS = {"a": "nd so on", "e": "very day", "o": "f course", " ": "yes but no"}
LETTERS = "aeo tnsr "


def offered(before: str) -> str:
    """Something to take after most letters."""
    return ENDINGS.get(before[-1:], "")


@pytest.mark.parametrize(
    ("app", "field", "index", "presses"),
    [("qt_chat", "area", 1, 2000), ("gtk_entry", "area", 1, 1000)],
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
    before = len(_settled(suggester, 0))
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
    told = _settled(suggester, before)
    story.told(_meant(told, letters))
    assert sum(what == "took" for what, _ in told) > presses / 100, "hardly anything was taken"


def _settled(suggester: Suggester, before: int) -> list[tuple[str, str]]:
    """What was told once nothing more comes."""
    count, since = -1, time.monotonic()
    while time.monotonic() - since < 0.5:
        if len(suggester.story) != count:
            count, since = len(suggester.story), time.monotonic()
        time.sleep(0.01)
    return suggester.story[before:]


def _meant(told: list[tuple[str, str]], letters: str) -> str:
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
    assert next(typed, None) is None, "keys were lost before they were told"
    return text
