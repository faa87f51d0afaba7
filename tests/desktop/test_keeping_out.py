"""Where quicktype has no business, it reads nothing; where an app hangs, nobody waits."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence

import pytest

from tests.desktop.harness.apps import RunningApp
from tests.desktop.harness.desktop import Desktop
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.story import Story
from tests.desktop.harness.suggester import Suggester
from tests.desktop.harness.waiting import wait_for
from ui.platform.interface import Reading, Role
from ui.x11.bus import Answer, Bus, Call
from ui.x11.platform import X11Platform


@pytest.mark.parametrize(("app", "index"), [("qt_chat", 2), ("gtk_entry", 2), ("web_chat", 3)])
def test_nothing_is_read_in_a_password_field(
    app: str, index: int, request: pytest.FixtureRequest, fingers: Fingers, suggester: Suggester,
    platform: X11Platform,
) -> None:  # fmt: skip
    story = Story(request.getfixturevalue(app), "password", index, fingers, suggester, platform)
    story.begin()
    wait_for(lambda: suggester.field and suggester.field.role is Role.PASSWORD, "the field")
    before = len(suggester.keys)
    story.type("at the usu")
    story.told("at the usu")
    wait_for(lambda: len(suggester.keys) >= before + 10, "the keys")
    assert not suggester.shown
    drafts = [field.draft for field in suggester.fields if field and field.role is Role.PASSWORD]
    assert drafts
    assert not any(drafts)


def test_a_terminal_is_only_a_window(
    xterm: RunningApp, fingers: Fingers, suggester: Suggester
) -> None:
    xterm.activate()
    wait_for(lambda: suggester.field and suggester.field.app.name == "xterm", "the terminal")
    fingers.write("at the usu")
    wait_for(lambda: xterm.told.log.read_text() == "at the usu", "the text in the terminal")
    field = suggester.field
    assert field is not None
    assert (field.role, field.draft, field.window.title) == (Role.UNKNOWN, None, "Terminal")
    assert not suggester.shown


def test_an_app_that_rules_keep_silent_is_not_read(
    qt_chat: RunningApp, platform: X11Platform, fingers: Fingers
) -> None:
    suggester = Suggester(platform.hook, reading={"qtchat": Reading.NOTHING})
    story = Story(qt_chat, "line", 0, fingers, suggester, platform)
    platform.start(suggester)
    qt_chat.activate()
    story.click()
    wait_for(lambda: qt_chat.told.last("focus") == "line", "the focus")
    story.empty()
    before = len(suggester.keys)
    story.type("at the usu")
    story.told("at the usu")
    wait_for(lambda: len(suggester.keys) == before + 10, "the keys")
    assert not any(field.draft for field in suggester.fields if field)
    assert not suggester.conversations


def test_typing_never_waits_for_an_app_that_hangs(
    qt_chat: RunningApp, gtk_entry: RunningApp, fingers: Fingers, suggester: Suggester,
    platform: X11Platform,
) -> None:  # fmt: skip
    Story(qt_chat, "line", 0, fingers, suggester, platform).begin()
    os.kill(qt_chat.process.pid, signal.SIGSTOP)
    try:
        fingers.write("hello")
        other = Story(gtk_entry, "line", 0, fingers, suggester, platform)
        other.begin()
        other.type("at the usu")
        other.is_offered("al place at eight")
    finally:
        os.kill(qt_chat.process.pid, signal.SIGCONT)
    story = Story(qt_chat, "line", 0, fingers, suggester, platform)
    story.begin()
    story.type("at the usu")
    story.is_offered("al place at eight")


def test_a_terminal_of_which_the_user_wants_the_keys(
    xterm: RunningApp, fingers: Fingers, platform: X11Platform
) -> None:
    """The draft is made up from the keys, text goes in as keys, and Enter forgets it all."""
    suggester = Suggester(platform.hook, reading={"xterm": Reading.KEYS})
    platform.start(suggester)
    xterm.activate()
    wait_for(lambda: suggester.field and suggester.field.app.name == "xterm", "the terminal")
    before = xterm.told.log.read_text()
    story = Story(xterm, "", 0, fingers, suggester, platform)
    story.type("at the uso")
    fingers.tap("BackSpace")
    story.type("u")
    story.is_offered("al place at eight")
    fingers.tap("Tab")
    story.type("!")
    text = before + "at the uso\x7fual place at eight!"
    wait_for(lambda: xterm.told.log.read_text() == text, "the text in the terminal")
    story.sees("at the usual place at eight!")
    area, field = xterm.area(), suggester.field
    assert field is not None
    place = platform.place(field)
    assert place is not None
    assert place.below
    assert area.x <= place.x < area.x + area.width
    assert area.y <= place.y <= area.y + area.height - place.height
    fingers.tap("Return")
    story.sees("")


def test_nothing_is_asked_while_nothing_happens(
    gtk_entry: RunningApp, fingers: Fingers, suggester: Suggester, platform: X11Platform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Apps tell what changes: no thread of ours looks again and again."""
    story = Story(gtk_entry, "line", 0, fingers, suggester, platform)
    story.begin()
    story.type("at the usu")
    story.is_offered("al place at eight")
    wait_for(lambda: suggester.conversations, "the conversation")
    asked, ask, started = list[float](), Bus.ask, time.monotonic()

    def counting(bus: Bus, calls: Sequence[Call], timeout: float = 0.2) -> list[Answer]:
        asked.append(time.monotonic())
        return ask(bus, calls, timeout)

    monkeypatch.setattr(Bus, "ask", counting)
    wait_for(lambda: time.monotonic() - max(asked, default=started) > 5, "five quiet seconds", 60)


def test_the_clipboard_is_read_when_somebody_asks(
    desktop: Desktop, suggester: Suggester, platform: X11Platform
) -> None:
    long = "Ana: see you at eight?\n" * 2000
    for text in ("Ben: \N{SLICE OF PIZZA} tonight?", long):
        owner = desktop.start("sh", "-c", 'printf %s "$1" | xclip -selection clipboard', "-", text)
        owner.wait(10)
        assert platform.clipboard() == text
