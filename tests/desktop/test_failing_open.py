"""Whatever fails, hangs or is taken away: the keys reach the app."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from Xlib import X, display

from quicktype.doctor.check import Check, State
from tests.desktop.harness.apps import RunningApp
from tests.desktop.harness.desktop import Desktop
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.story import Story
from tests.desktop.harness.suggester import Suggester
from tests.desktop.harness.waiting import wait_for
from ui.x11.platform import X11Platform


@pytest.fixture
def story(
    qt_chat: RunningApp, fingers: Fingers, suggester: Suggester, platform: X11Platform
) -> Story:
    story = Story(qt_chat, "area", 1, fingers, suggester, platform)
    story.begin()
    return story


def once(method: Callable[..., object], instead: Callable[[], None]) -> Callable[..., object]:
    """The method, but for its first call."""
    calls = 0

    def wrapped(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 1:
            instead()
        return method(*arguments)

    return wrapped


def fail() -> None:
    raise RuntimeError("the listener is broken")


@pytest.mark.parametrize("method", ["on_key", "on_field", "on_chord", "on_done"])
def test_a_listener_that_fails(
    story: Story, method: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is asked again with the next key, and the app has got them all."""
    monkeypatch.setattr(story.suggester, method, once(getattr(story.suggester, method), fail))
    story.type("at the usu")
    if method in {"on_chord", "on_done"}:
        story.is_offered("al place at eight")
        story.fingers.tap("Tab")
    taken = {"on_chord": "\t", "on_done": "al place at eight"}.get(method, "")
    story.type("!")
    story.told(f"at the usu{taken}!")
    story.type(" at the usu")
    story.is_offered("al place at eight")
    story.fingers.tap("Tab")
    story.told(f"at the usu{taken}! at the usual place at eight")
    assert "RuntimeError at the desk" in caplog.text
    assert "at the usu" not in caplog.text


def test_a_listener_that_hangs(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    on_chord = once(story.suggester.on_chord, lambda: time.sleep(1.5))
    monkeypatch.setattr(story.suggester, "on_chord", on_chord)
    story.type("at the usu")
    story.is_offered("al place at eight")
    story.fingers.tap("Tab")
    story.type("x")
    wait_for(lambda: story.holds() == "at the usu\tx", "the keys in the app")
    story.type(" at the usu")
    story.sees("at the usu\tx at the usu")
    story.is_offered("al place at eight")
    story.fingers.tap("Tab")
    story.told("at the usu\tx at the usual place at eight")


def test_hands_that_are_lost(story: Story) -> None:
    """Every grab goes with them, and it is said."""
    story.type("at the usu")
    story.is_offered("al place at eight")
    story.platform._hands._display.display.socket.shutdown(socket.SHUT_RDWR)
    found = wait_for(lambda: finding(story.suggester, "accept key"), "a word about it")
    assert found.state is State.FAIL
    story.fingers.tap("Tab")
    story.type("typed")
    story.told("at the usu\ttyped")
    story.sees("at the usu\ttyped")


def test_another_program_has_the_key(story: Story, desktop: Desktop) -> None:
    """It keeps it, the user is told of it, and it is ours when it is free."""
    other = display.Display(desktop.environment["DISPLAY"])
    tab = story.fingers.code("Tab")
    root = other.screen().root
    root.grab_key(tab, 0, False, X.GrabModeAsync, X.GrabModeAsync)
    other.sync()
    story.type("at the usu")
    found = wait_for(lambda: finding(story.suggester, "accept key"), "a word about it")
    assert found.state is State.WARN
    assert "Tab" in found.found
    story.fingers.tap("Tab")
    story.type("!")
    story.told("at the usu!")
    story.sees("at the usu!")
    assert not story.suggester.presses
    root.ungrab_key(tab, 0)
    other.sync()
    story.type(" at the usu")
    story.is_offered("al place at eight")
    story.fingers.tap("Tab")
    story.told("at the usu! at the usual place at eight")
    wait_for(lambda: finding(story.suggester, "accept key", State.OK), "the good news")
    other.close()


def finding(suggester: Suggester, name: str, *states: State) -> Check | None:
    """What was last said about a part, if it is one of these states (else: not well)."""
    wanted = states or (State.WARN, State.FAIL)
    found = [check for check in suggester.findings if check.name == name]
    return found[0] if found and found[0].state in wanted else None


@pytest.fixture
def locker(desktop: Desktop) -> Iterator[Locker]:
    locker = Locker(desktop)
    yield locker
    locker.close()


class Locker:
    """Covers the screen with a window of its own and takes the keyboard, as screen lockers do."""

    def __init__(self, desktop: Desktop) -> None:
        self.display = display.Display(desktop.environment["DISPLAY"])
        screen = self.display.screen()
        self.window = screen.root.create_window(
            0, 0, screen.width_in_pixels, screen.height_in_pixels, 0, X.CopyFromParent,
            override_redirect=True, event_mask=X.KeyPressMask,
        )  # fmt: skip

    def lock(self) -> None:
        self.window.map()
        mode = X.GrabModeAsync
        wait_for(
            lambda: self.window.grab_keyboard(False, mode, mode, X.CurrentTime) == X.GrabSuccess,
            "the keyboard",
        )

    def typed(self) -> int:
        """How many keys came to it by now."""
        self.display.sync()
        events = [self.display.next_event() for _ in range(self.display.pending_events())]
        return sum(event.type == X.KeyPress for event in events)

    def unlock(self) -> None:
        self.display.ungrab_keyboard(X.CurrentTime)
        self.window.unmap()
        self.display.sync()

    def close(self) -> None:
        self.display.close()


def test_a_locked_screen(story: Story, locker: Locker) -> None:
    """Nothing has the focus for us, no key is told, and all is as before afterwards."""
    it = story.suggester
    story.type("at the usu")
    story.is_offered("al place at eight")
    locker.lock()
    wait_for(lambda: it.field is None, "the focus to be gone")
    wait_for(lambda: not story.platform._hands._grabs.keycodes, "no key to be armed")
    told, fields = len(it.keys), len(it.fields)
    story.type("secret")
    story.fingers.tap("Tab")
    assert locker.typed() == 7
    locker.unlock()
    story.sees("at the usu")
    assert len(it.keys) == told
    assert all(field and field.draft for field in it.fields[fields:])
    story.is_offered("al place at eight")
    story.fingers.tap("Tab")
    story.told("at the usual place at eight")
