"""Taking a suggestion in real apps: what is typed and taken is what the app holds in the end."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.desktop.harness.desktop import Desktop
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.story import Story
from tests.desktop.harness.suggester import Suggester, first_word
from tests.desktop.harness.waiting import wait_for
from ui.platform.interface import KeyKind, Way
from ui.x11.platform import X11Platform

FIELDS = {
    "qt line": ("qt_chat", "line", 0),
    "qt area": ("qt_chat", "area", 1),
    "gtk line": ("gtk_entry", "line", 0),
    "gtk area": ("gtk_entry", "area", 1),
    "web editor": ("web_chat", "message", 1),
    "web area": ("web_chat", "area", 2),
}
"""In a browser, the address comes first."""


@pytest.fixture(params=FIELDS)
def story(
    request: pytest.FixtureRequest, fingers: Fingers, suggester: Suggester, platform: X11Platform
) -> Story:
    app, field, index = FIELDS[request.param]
    story = Story(request.getfixturevalue(app), field, index, fingers, suggester, platform)
    story.begin()
    return story


@pytest.fixture(params=[Way.BEST, Way.TYPE])
def way(request: pytest.FixtureRequest, story: Story) -> Way:
    story.suggester.way = request.param
    return story.suggester.way


def test_tab_takes_it_and_what_is_typed_at_once_comes_after_it(story: Story, way: Way) -> None:
    story.type("at the usu")
    story.is_offered("al place at eight")
    story.fingers.tap("Tab")
    story.type(", Ben says")
    story.told("at the usual place at eight, Ben says")
    story.sees("at the usual place at eight, Ben says")


def test_one_backspace_takes_it_all_back(story: Story, way: Way) -> None:
    story.type("at the usu")
    story.is_offered("al place at eight")
    story.fingers.tap("Tab")
    story.fingers.tap("BackSpace")
    story.type("!")
    story.told("at the usu!")
    story.sees("at the usu!")


def test_any_character_can_be_taken_and_taken_back(story: Story, way: Way) -> None:
    story.type("see you")
    story.is_offered(" there \N{SLICE OF PIZZA} Zo\u00eb")
    story.fingers.tap("Tab")
    story.told("see you there \N{SLICE OF PIZZA} Zo\u00eb")
    story.fingers.tap("BackSpace")
    story.told("see you")
    story.sees("see you")


def test_repeated_tab_takes_word_after_word(story: Story, way: Way) -> None:
    story.suggester.take = first_word
    story.type("should I")
    story.is_offered(" book a table for six people?")
    for _ in range(4):
        story.fingers.tap("Tab")
    story.told("should I book a table for")
    story.sees("should I book a table for")


def test_a_key_straight_before_tab_is_seen_before_the_verdict(story: Story) -> None:
    """Unless the app is too slow to show it in time: then it gets the Tab, and nothing wrong."""
    for _ in range(5):
        story.type("at the us")
        story.is_offered("ual place at eight")
        story.type("u")
        story.fingers.tap("Tab")
        wait_for(lambda: story.suggester.presses, "the question")
        if story.suggester.presses.pop()[0].fresh:
            break
        wait_for(lambda: story.suggester.keys[-1].kind is KeyKind.TAB, "the Tab")
        story.begin()
    story.told("at the usual place at eight")


def test_caps_lock_changes_nothing_of_what_is_taken(story: Story, way: Way) -> None:
    story.type("at the usu")
    story.is_offered("al place at eight")
    story.fingers.tap("Caps_Lock")
    try:
        story.fingers.tap("Tab")
        story.type("x")
        story.told("at the usual place at eightX")
    finally:
        story.fingers.tap("Caps_Lock")


def test_a_shift_that_is_held_changes_nothing_of_what_is_taken(story: Story, way: Way) -> None:
    story.suggester.predict = lambda before: " and C" if before.endswith("A") else ""
    story.fingers.tap("Shift_L", "a")
    story.is_offered(" and C")
    story.fingers.press("Tab")
    story.fingers.press("Shift_L")
    story.fingers.release("Tab")
    story.fingers.tap("d")
    story.fingers.release("Shift_L")
    story.fingers.tap("e")
    story.told("A and CDe")


@pytest.fixture
def german_keyboard(desktop: Desktop) -> Iterator[None]:
    desktop.run("setxkbmap", "de")
    yield
    desktop.run("setxkbmap", "us")


def test_the_layout_may_change_meanwhile(story: Story, way: Way, german_keyboard: None) -> None:
    story.suggester.predict = lambda before: "y ß zwölf" if before.endswith("z") else ""
    story.fingers.learn_layout()
    story.type("z")
    story.is_offered("y ß zwölf")
    story.fingers.tap("Tab")
    story.type("y")
    story.told("zy ß zwölfy")


def test_tab_with_nothing_shown_reaches_the_app(story: Story) -> None:
    story.type("hello")
    story.sees("hello")
    story.fingers.tap("Tab")
    if story.field == "area":
        story.told("hello\t")
    else:
        wait_for(lambda: story.app.told.last("focus") != story.field, "the focus to move on")


def test_a_held_tab_is_taken_once_and_its_repeats_go_nowhere(story: Story, way: Way) -> None:
    story.type("at the usu")
    story.is_offered("al place at eight")
    with story.fingers.holding("Tab"):
        time.sleep(1.0)  # the server repeats a key after 0.66 s
    story.type(".")
    story.told("at the usual place at eight.")
    assert story.app.told.last("focus") == story.field


@pytest.fixture
def copied_before(desktop: Desktop) -> None:
    """Somebody copied something before."""
    copied = desktop.start("sh", "-c", "printf 'copied before' | xclip -selection clipboard")
    copied.wait(10)


def test_a_text_may_come_through_the_clipboard(story: Story, copied_before: None) -> None:
    """Where it cannot be typed: it has lines, or more new signs than there are spare keys."""
    many = "".join(map(chr, range(0x4E00, 0x4E80)))
    text = many if story.field in {"line", "message"} else f" one\ntwo {many}"
    story.suggester.predict = lambda before: text if before.endswith("say") else ""
    story.suggester.way = Way.PASTE
    story.type("say")
    story.is_offered(text)
    story.fingers.tap("Tab")
    story.type(".")
    story.told(f"say{text}.")
    story.sees(f"say{text}.")
    wait_for(lambda: story.platform.clipboard() == "copied before", "what was there before")
    story.fingers.tap("BackSpace")
    story.told(f"say{text}")
