"""macOS put together, from modules in memory."""

from __future__ import annotations

import threading

import pytest

from quicktype.doctor.check import State
from tests.ui.macos.fakes import OBJC, AppKit, Element, Event, Quartz, Services
from tests.ui.platform.played import Listener
from ui.macos import permissions
from ui.macos.apps import Observers
from ui.macos.platform import MacSystem, open_platform
from ui.platform.hooked import HookedPlatform
from ui.platform.interface import Chord, ChordPress, Done, Field, Insertion, Verdict

TAB = Event(code=48)


class Heard(Listener):
    """A listener that says when the field was told with this draft."""

    def __init__(self, draft: str) -> None:
        super().__init__()
        self.wanted, self.there = draft, threading.Event()
        self.ended = threading.Event()

    def on_field(self, field: Field | None) -> None:
        super().on_field(field)
        if field is not None and field.draft is not None and field.draft.before == self.wanted:
            self.there.set()

    def on_done(self, done: Done) -> None:
        super().on_done(done)
        self.ended.set()


def test_from_the_field_to_the_key_that_takes_the_suggestion() -> None:
    element = Element(text="see ", caret=4)
    services, quartz, appkit = Services(element), Quartz(), AppKit()
    platform = HookedPlatform(MacSystem(appkit, services, quartz, OBJC))
    listener = Heard("see ")
    platform.start(listener)
    try:
        assert quartz.opened.wait(10)
        assert listener.there.wait(10)
        field = listener.fields()[-1]
        assert field.identity
        assert platform.place(field) is not None
        assert platform.composited()

        def answer(_press: ChordPress) -> Verdict:
            return Verdict(taken=True, edit=Insertion(1, field.identity, "you"))

        listener.answer = answer
        platform.arm({Chord("Tab")})
        assert not quartz.press(TAB)
        assert [event.text for _, event in quartz.posted] == ["you", "you"]
        assert [done.trouble for done in listener.dones()] == [""]
        listener.wanted = "see you"
        listener.there.clear()
        element.text, element.caret = "see you", 7
        assert services.changed is not None
        services.changed(None, element, "AXValueChanged", None)
        assert listener.there.wait(10)
    finally:
        platform.stop()
    assert appkit.watchers == []
    assert appkit.policy == AppKit.NSApplicationActivationPolicyAccessory
    assert platform.clipboard() == "copied"
    assert "AXSelectedTextChanged" in services.observed


def test_edits_without_a_chord_are_done_elsewhere() -> None:
    element = Element(text="see ", caret=4)
    quartz = Quartz()
    platform = HookedPlatform(MacSystem(AppKit(), Services(element), quartz, OBJC))
    listener = Heard("see ")
    platform.start(listener)
    try:
        assert listener.there.wait(10)
        platform.edit(Insertion(1, listener.fields()[-1].identity, "you"))
        assert listener.ended.wait(10)
        assert [way for way, _ in quartz.posted] == ["session", "session"]
    finally:
        platform.stop()


def test_only_the_app_in_front_is_observed() -> None:
    services, quartz, looks = Services(), Quartz(), []
    observers = Observers(services, quartz, OBJC, lambda: looks.append(1))
    observers.follow(4242)
    assert services.observed == []  # nobody would hear it yet
    observers.attach("loop")
    observers.follow(4242)
    observers.follow(4242)
    assert len(quartz.sources) == 1
    assert services.changed is not None
    services.changed(None, None, "AXValueChanged", None)
    assert looks == [1]


def test_what_is_to_be_allowed_is_said_with_the_page_that_allows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services = Services()
    services.trusted = False
    monkeypatch.setattr(permissions, "may_listen", lambda: False)
    found = {check.name: check for check in permissions.examine(services)}
    assert [check.state for check in found.values()] == [State.FAIL] * 3
    assert "Accessibility" in found["text"].found
    assert (found["text"].remedy or "").endswith("?Privacy_Accessibility'")
    assert (found["keyboard"].remedy or "").endswith("?Privacy_ListenEvent'")
    assert services.asked == 0
    services.trusted = True
    monkeypatch.setattr(permissions, "may_listen", lambda: True)
    states = [check.state for check in permissions.examine(services)]
    assert State.FAIL not in states
    assert State.WARN in states  # it says that nobody ever tried it


def test_a_system_that_does_not_ask_lets_us_listen() -> None:
    assert permissions.may_listen("/nowhere/IOKit")
    assert permissions.may_listen("libc.so.6")


def test_elsewhere_there_is_no_such_desktop() -> None:
    with pytest.raises(OSError, match="pyobjc"):
        open_platform()
