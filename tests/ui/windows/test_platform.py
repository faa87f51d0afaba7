"""Windows put together, from structures and elements in memory."""

from __future__ import annotations

import threading

import pytest

from quicktype.doctor.check import State
from tests.ui.platform.played import Listener
from tests.ui.windows.automation import Automation, Element
from tests.ui.windows.fakes import FakeWindows
from ui.platform.hooked import HookedPlatform
from ui.platform.interface import (
    Chord,
    ChordPress,
    Field,
    Insertion,
    ScreenConversation,
    Verdict,
)
from ui.windows import uia
from ui.windows.platform import WindowsSystem, open_platform

TAB, KEY_A = 0x09, 0x41


class Heard(Listener):
    """A listener that says when a field with a draft, and when a conversation was told."""

    def __init__(self) -> None:
        super().__init__()
        self.field_told, self.talk_told = threading.Event(), threading.Event()

    def on_field(self, field: Field | None) -> None:
        super().on_field(field)
        if field is not None and field.draft is not None:
            self.field_told.set()

    def on_conversation(self, conversation: ScreenConversation) -> None:
        super().on_conversation(conversation)
        self.talk_told.set()


def chat() -> Element:
    box = (100, 200, 300, 220)
    said = [Element(20 + n, kind=50020, name=text, box=box) for n, text in enumerate(("hi", "hm"))]
    listing = Element(2, kind=50008, box=(100, 100, 500, 580), children=said)
    entry = Element(text="see ", caret=4)
    Element(3, kind=50032, box=(0, 0, 800, 700), children=[listing, entry])
    return entry


def test_from_the_field_to_the_key_that_takes_the_suggestion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    windows, automation = FakeWindows(), Automation(chat())
    monkeypatch.setattr(uia, "_connect", lambda: (automation.module, automation))
    platform = HookedPlatform(WindowsSystem(windows.functions))
    listener = Heard()
    platform.start(listener)
    try:
        assert listener.field_told.wait(10)
        assert listener.talk_told.wait(10)
        field = listener.fields()[-1]

        def answer(_press: ChordPress) -> Verdict:
            return Verdict(taken=True, edit=Insertion(1, field.identity, "ok"))

        listener.answer = answer
        assert windows.press(TAB)
        platform.arm({Chord("Tab")})
        assert not windows.press(TAB)
        assert [name for name, down in windows.keys_sent() if down] == ["o", "k"]
        listener.talk_told.clear()
        platform.refresh()
        assert listener.talk_told.wait(10)
        windows.clipboard = "copied"
        assert platform.clipboard() == "copied"
    finally:
        platform.stop()
    assert windows.hooks == {}
    assert not platform.key(None)  # type: ignore[arg-type]  # nobody is asked any more


def test_what_works_is_said_and_that_nobody_tried_it(monkeypatch: pytest.MonkeyPatch) -> None:
    automation = Automation(None)
    monkeypatch.setattr(uia, "_connect", lambda: (automation.module, automation))
    system = WindowsSystem(FakeWindows().functions)
    assert [check.state for check in system.examine()] == [State.WARN, State.OK]

    def fail() -> None:
        raise ImportError("No module named 'comtypes'")

    monkeypatch.setattr(uia, "_connect", fail)
    assert system.examine()[1].state is State.FAIL


def test_elsewhere_there_is_no_such_desktop() -> None:
    with pytest.raises(OSError, match="not Windows"):
        open_platform()
