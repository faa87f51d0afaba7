"""What is read of a focused field through the accessibility API."""

from __future__ import annotations

import os
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from quicktype.draft import Draft
from tests.ui.macos.fakes import AppKit, Element, Quartz, Services
from ui.macos.ax import AxReader, Elements, Identities
from ui.macos.displays import Displays
from ui.platform.gate import Sight
from ui.platform.interface import App, Reading, Rect, Role, Toolkit


class Scene:
    """One app in front, with a field in it; `scale` 1, so that points are pixels."""

    def __init__(self, focused: Element | None, appkit: AppKit | None = None) -> None:
        quartz = Quartz()
        quartz.displays = [(0.0, 0.0, 1440.0, 900.0, 1.0)]
        self.services, self.appkit = Services(focused), appkit or AppKit()
        self.followed: list[int] = []
        self.identities = Identities()
        self._elements = Elements(self.services, Displays(quartz))

    def reader(self) -> AxReader:
        return AxReader(
            self._elements,
            self.appkit.workspace,
            self.identities,
            self.followed.append,
            nullcontext,
        )

    def seen(self, allowed: Reading = Reading.TEXT) -> Sight:
        found = self.reader().sight(lambda _app, _site: allowed)
        assert found is not None
        return found


def test_a_field_with_its_caret_in_the_middle() -> None:
    sight = Scene(Element(text="see you there", caret=7)).seen()
    field = sight.field
    assert field.app == App("signal", Toolkit.CHROMIUM, 4242)
    assert (field.role, field.editable, field.draft) == (
        Role.TEXT,
        True,
        Draft("see you", " there"),
    )
    assert field.caret == Rect(100 + 7 * 8, 602, 1, 16)
    assert field.box == Rect(100, 600, 400, 20)
    assert field.window.title == "Chat with Maria"
    assert sight.mark is not None
    assert (sight.mark.caret, sight.mark.count, sight.mark.selected) == (7, 13, 0)


def test_offsets_are_utf_16_and_texts_are_not() -> None:
    sight = Scene(Element(text="🦊 hi", caret=3, selected=1)).seen()
    assert (sight.field.draft, sight.field.selected) == (Draft("🦊 ", "i"), 1)
    assert sight.mark is not None
    assert (sight.mark.caret, sight.mark.count) == (3, 5)


def test_at_the_end_the_caret_stands_behind_the_last_character() -> None:
    assert Scene(Element(text="see", caret=3)).seen().field.caret == Rect(100 + 3 * 8, 602, 1, 16)
    assert Scene(Element(text="", caret=0)).seen().field.caret is None


def test_only_what_is_near_the_caret_is_read() -> None:
    draft = Scene(Element(text="a" * 5000 + "b" * 5000, caret=5000)).seen().field.draft
    assert draft == Draft("a" * 2000, "b" * 200)


def test_an_input_method_at_work_in_a_browser() -> None:
    marked = Element(text="ni", caret=2, more={"AXTextInputMarkedRange": ("range", (0, 2))})
    assert Scene(marked).seen().field.composing


@pytest.mark.parametrize(("role", "subrole"), [("AXTextField", "AXSecureTextField"),
                                               ("AXSecureTextField", "")])  # fmt: skip
def test_a_password_is_never_read(role: str, subrole: str) -> None:
    element = Element(role, subrole, text="secret", caret=6)
    scene = Scene(element)
    sight = scene.seen()
    assert (sight.field.role, sight.field.draft, sight.mark) == (Role.PASSWORD, None, None)
    assert scene.reader().conversation() is None
    assert not element.was_read


def test_neither_is_a_terminal() -> None:
    element = Element(text="$ ls", caret=4)
    sight = Scene(element, AppKit("com.apple.Terminal", "Terminal")).seen()
    assert (sight.field.role, sight.field.draft) == (Role.TERMINAL, None)
    assert not element.was_read


def test_where_rules_want_silence_nothing_is_read() -> None:
    element = Element(text="hello", caret=5)
    assert Scene(element).seen(Reading.NOTHING).field.draft is None
    assert not element.was_read


@pytest.mark.parametrize(
    "element", [Element(text="x", caret=1, settable=False), Element("AXButton"), Element(text="x")]
)
def test_what_gives_no_text_to_type_into(element: Element) -> None:
    sight = Scene(element).seen()
    assert (sight.field.draft, sight.mark) == (None, None)


def test_an_app_that_tells_nothing_is_a_window() -> None:
    sight = Scene(None).seen(Reading.KEYS)
    assert (sight.field.role, sight.allowed) == (Role.UNKNOWN, Reading.KEYS)


def test_our_own_windows_are_nobodys() -> None:
    appkit = AppKit()
    appkit.process = os.getpid()
    scene = Scene(Element(text="x", caret=1), appkit)
    assert scene.reader().sight(lambda _app, _site: Reading.TEXT) is None
    assert scene.reader().conversation() is None
    appkit.process = 0
    assert scene.reader().sight(lambda _app, _site: Reading.TEXT) is None


def test_an_app_that_comes_is_followed_once_and_woken() -> None:
    scene = Scene(Element(text="x", caret=1))
    reader = scene.reader()
    for _ in range(3):
        reader.sight(lambda _app, _site: Reading.TEXT)
    assert scene.followed == [4242]
    assert scene.services.put == [("AXManualAccessibility", True)]
    assert set(scene.services.timeouts) == {0.2}


def test_two_readers_agree_on_who_is_who() -> None:
    scene = Scene(Element(text="x", caret=1))
    assert scene.seen().field.identity == scene.seen().field.identity
    other = Scene(Element(text="x", caret=1))
    other.identities = scene.identities
    assert other.seen().field.identity != scene.seen().field.identity


def test_the_site_is_that_of_the_outermost_page() -> None:
    address = SimpleNamespace(host=lambda: "web.whatsapp.com")
    inner = SimpleNamespace(host=lambda: "ads.example.com")
    entry = Element(text="x", caret=1)
    frame = Element("AXWebArea", more={"AXURL": inner}, children=[entry])
    Element("AXWebArea", more={"AXURL": address}, children=[Element("AXGroup", children=[frame])])
    assert Scene(entry).seen().field.site == "web.whatsapp.com"


def said(text: str, left: float, top: float) -> Element:
    box = (left, top, 200.0, 20.0)
    words = Element("AXStaticText", box=box, more={"AXValue": text})
    return Element("AXRow", box=box, children=[words])


def test_the_conversation_around_a_field() -> None:
    entry = Element(text="see", caret=3)
    listing = Element(
        "AXTable",
        box=(100.0, 100.0, 400.0, 480.0),
        children=[said("are you coming tonight?", 100, 200), said("yes, at eight", 300, 240),
                  said("great, bring the map", 100, 280)],
    )  # fmt: skip
    send = Element("AXButton", box=(510.0, 600.0, 50.0, 20.0), more={"AXTitle": "Send"})
    Element("AXWindow", box=(0.0, 0.0, 800.0, 700.0), children=[listing, entry, send])
    scene = Scene(entry)
    found = scene.reader().conversation()
    assert found is not None
    assert (found.field, found.partner) == (scene.seen().field.identity, "Maria")
    turns = [(turn.speaker == found.me, turn.text) for turn in found.conversation.turns]
    assert turns == [
        (False, "are you coming tonight?"),
        (True, "yes, at eight"),
        (False, "great, bring the map"),
    ]
