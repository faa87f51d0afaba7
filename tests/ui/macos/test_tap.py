"""The event tap, and what is typed from inside it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.ui.macos.fakes import Event, Quartz
from ui.macos import tap as taps
from ui.macos.displays import Displays
from ui.macos.hands import OURS, MacHands
from ui.macos.tap import Tap
from ui.platform.gate import HookedKey
from ui.platform.interface import Click, Modifier


class Ears:
    def __init__(self, hands: MacHands) -> None:
        self.keys: list[HookedKey] = []
        self.clicks: list[Click] = []
        self.takes, self.fails, self.types = False, False, ""
        self._hands = hands

    def key(self, key: HookedKey) -> bool:
        if self.fails:
            raise RuntimeError("ears that fail")
        self.keys.append(key)
        if self.types:
            self._hands.write(self.types)
        return self.takes

    def click(self, click: Click) -> None:
        self.clicks.append(click)

    def look(self) -> None:
        raise AssertionError("the tap tells keys and clicks only")


@pytest.fixture
def quartz() -> Quartz:
    return Quartz()


@pytest.fixture
def hands(quartz: Quartz) -> MacHands:
    return MacHands(quartz)


@pytest.fixture
def ears(hands: MacHands) -> Ears:
    return Ears(hands)


@pytest.fixture
def tap(quartz: Quartz, hands: MacHands, ears: Ears) -> Iterator[Tap]:
    made = Tap(quartz, hands, Displays(quartz), ears)
    stop = made.start()
    assert quartz.opened.wait(10)
    yield made
    stop()
    assert quartz.enabled[-1] is False


@pytest.mark.usefixtures("tap")
def test_keys_are_told_and_pass(quartz: Quartz, ears: Ears) -> None:
    assert quartz.press(Event(code=0, text="a", flags=1 << 17))
    assert quartz.press(Event(kind=11, code=0))
    first, second = ears.keys
    assert (first.name, set(first.modifiers), first.pressed) == ("a", {Modifier.SHIFT}, True)
    assert first.stroke is not None
    assert first.stroke.text == "a"
    assert (second.pressed, second.stroke) == (False, None)


@pytest.mark.usefixtures("tap")
def test_a_taken_key_goes_no_further(quartz: Quartz, ears: Ears) -> None:
    ears.takes = True
    assert not quartz.press(Event(code=48))


@pytest.mark.usefixtures("tap")
def test_what_is_typed_from_inside_comes_before_all_later_keys(quartz: Quartz, ears: Ears) -> None:
    ears.takes, ears.types = True, "you 🦊"
    assert not quartz.press(Event(code=48, flags=1 << 17))
    assert {way for way, _ in quartz.posted} == {"tap"}
    events = [event for _, event in quartz.posted]
    assert [(event.text, event.pressed) for event in events] == [
        ("you 🦊", True),
        ("you 🦊", False),
    ]
    assert {(event.flags, event.mark) for event in events} == {(0, OURS)}


def test_from_anywhere_else_it_goes_through_the_session(quartz: Quartz, hands: MacHands) -> None:
    hands.erase(2)
    assert [(way, event.code) for way, event in quartz.posted] == [("session", 51)] * 4


@pytest.mark.usefixtures("tap")
def test_our_own_keys_are_nobodys(quartz: Quartz, ears: Ears) -> None:
    ears.takes = True
    assert quartz.press(Event(code=0, mark=OURS))
    assert ears.keys == []


@pytest.mark.usefixtures("tap")
def test_whatever_fails_the_key_passes(quartz: Quartz, ears: Ears) -> None:
    ears.fails = True
    assert quartz.press(Event(code=0, text="a"))


@pytest.mark.usefixtures("tap")
@pytest.mark.parametrize("kind", [0xFFFFFFFE, 0xFFFFFFFF])
def test_a_tap_that_was_turned_off_is_turned_on_again(
    quartz: Quartz, ears: Ears, kind: int
) -> None:
    quartz.press(Event(kind=kind))
    assert quartz.enabled == [True, True]
    assert ears.keys == []


@pytest.mark.usefixtures("tap")
@pytest.mark.parametrize("kind", [1, 3, 25])
def test_clicks_are_told_in_pixels_and_pass(quartz: Quartz, ears: Ears, kind: int) -> None:
    ears.takes = True
    assert quartz.press(Event(kind=kind, place=(100.0, 50.0)))
    assert [(click.x, click.y) for click in ears.clicks] == [(200, 100)]


def test_it_begins_by_itself_once_it_is_allowed(
    quartz: Quartz, hands: MacHands, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taps, "_TRY_AGAIN_S", 0.01)
    quartz.allowed = False
    stop = Tap(quartz, hands, Displays(quartz), ears).start()
    time.sleep(0.05)
    assert not quartz.opened.is_set()
    quartz.allowed = True
    assert quartz.opened.wait(10)
    stop()


def test_each_display_has_its_own_scale(quartz: Quartz) -> None:
    displays = Displays(quartz)
    assert displays.pixel(10.0, 20.0) == (20, 40)
    assert displays.pixel(1450.0, 20.0) == (1450, 20)
    assert displays.pixel(-5.0, 20.0) == (-5, 20)
    found = displays.pixels(100.0, 50.0, 30.5, 16.0)
    assert (found.x, found.y, found.width, found.height) == (200, 100, 61, 32)
