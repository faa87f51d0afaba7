"""Layouts, groups, dead keys, compose and locks: what is typed and taken is what stands there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.desktop.harness.desktop import Desktop
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.story import Story
from tests.desktop.harness.suggester import Suggester
from tests.desktop.harness.waiting import wait_for
from ui.platform.interface import KeyKind, Way
from ui.x11.platform import X11Platform

FIELDS = {
    "qt": ("qt_chat", "line", 0),
    "gtk": ("gtk_entry", "line", 0),
    "web": ("web_chat", "area", 2),
}


CAPS = 66
"""The key that is CapsLock on a usual keyboard; it does something else here (and opens no menu)."""


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


@pytest.fixture
def layout(desktop: Desktop, request: pytest.FixtureRequest) -> Iterator[str]:
    """Another layout, of which the marker tells; the usual one afterwards."""
    options = request.param.split()
    desktop.run("setxkbmap", "-option", "")
    desktop.run("setxkbmap", *options)
    yield request.param
    desktop.run("setxkbmap", "-option", "")
    desktop.run("setxkbmap", "us")


@pytest.mark.parametrize("layout", ["-layout us,ru -option grp:caps_toggle"], indirect=True)
def test_another_group_of_the_layout(layout: str, story: Story, way: Way) -> None:
    story.suggester.predict = lambda before: "ривет, Anna" if before.endswith("п") else ""
    story.fingers.learn_layout()
    letter, following = story.fingers.code("g"), story.fingers.code("b")
    story.fingers.tap(CAPS)
    try:
        story.fingers.tap(letter)
        story.is_offered("ривет, Anna")
        story.fingers.tap("Tab")
        story.fingers.tap(following)
        story.told("привет, Annaи")
        story.sees("привет, Annaи")
    finally:
        story.fingers.tap(CAPS)


@pytest.mark.parametrize("layout", ["us intl"], indirect=True)
def test_a_dead_key_waits_for_its_letter(layout: str, story: Story, way: Way) -> None:
    it = story.suggester
    it.predict = lambda before: "t\u00e9" if before.endswith("\u00e9") else ""
    story.fingers.learn_layout()
    story.fingers.tap("dead_acute")
    wait_for(lambda: it.keys[-1].kind is KeyKind.COMPOSE, "the dead key")
    wait_for(lambda: it.field and it.field.composing, "word of it")
    story.fingers.tap("e")
    story.is_offered("t\u00e9")
    assert it.field is not None
    assert not it.field.composing
    story.fingers.tap("Tab")
    story.told("\u00e9t\u00e9")
    story.sees("\u00e9t\u00e9")


@pytest.mark.parametrize("layout", ["us -option compose:caps"], indirect=True)
def test_the_compose_key(layout: str, story: Story) -> None:
    story.suggester.predict = lambda before: " a la carte" if before.endswith("\u00eb") else ""
    story.fingers.learn_layout()
    story.fingers.tap(CAPS)
    story.fingers.tap("Shift_L", "apostrophe")
    story.fingers.tap("e")
    story.is_offered(" a la carte")
    story.fingers.tap("Tab")
    story.type("!")
    story.told("\u00eb a la carte!")
    story.sees("\u00eb a la carte!")


def test_num_lock_changes_nothing(story: Story, way: Way) -> None:
    keypad = story.fingers.code("KP_4")
    story.fingers.tap("Num_Lock")
    try:
        story.type("at the usu")
        story.is_offered("al place at eight")
        story.fingers.tap("Tab")
        story.fingers.tap(keypad)
        story.told("at the usual place at eight4")
        story.sees("at the usual place at eight4")
    finally:
        story.fingers.tap("Num_Lock")
