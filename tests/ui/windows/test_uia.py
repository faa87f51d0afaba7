"""What is read of a focused field through UI Automation."""

from __future__ import annotations

import os

import pytest

from quicktype.draft import Draft
from tests.ui.windows.automation import Automation, Element
from tests.ui.windows.fakes import FakeWindows
from ui.platform.gate import Sight
from ui.platform.interface import App, Reading, Rect, Role, Toolkit
from ui.windows import uia
from ui.windows.uia import UiaReader
from ui.windows.windows import Windows

SIGNAL = App("signal", Toolkit.CHROMIUM, 4242)


def reader(
    monkeypatch: pytest.MonkeyPatch, focused: Element | None, fake: FakeWindows | None = None
) -> UiaReader:
    automation = Automation(focused)
    monkeypatch.setattr(uia, "_connect", lambda: (automation.module, automation))
    return UiaReader(Windows((fake or FakeWindows()).functions))


def seen(
    monkeypatch: pytest.MonkeyPatch,
    focused: Element | None,
    allowed: Reading = Reading.TEXT,
    fake: FakeWindows | None = None,
) -> Sight:
    found = reader(monkeypatch, focused, fake).sight(lambda _app, _site: allowed)
    assert found is not None
    return found


def test_a_field_with_its_caret_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    sight = seen(monkeypatch, Element(text="see you there", caret=7))
    field = sight.field
    assert (field.role, field.editable, field.app) == (Role.TEXT, True, SIGNAL)
    assert field.draft == Draft("see you", " there")
    assert field.caret == Rect(100 + 7 * 8, 602, 1, 16)
    assert field.box == Rect(100, 600, 400, 20)
    assert field.font.family == "Segoe UI"
    assert sight.mark is not None
    assert (sight.mark.caret, sight.mark.count, sight.mark.selected) == (7, 13, 0)
    assert not field.multiline


def test_at_the_end_the_caret_stands_behind_the_last_character(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    field = seen(monkeypatch, Element(text="see", caret=3)).field
    assert field.caret == Rect(100 + 3 * 8, 602, 1, 16)


def test_in_an_empty_field_windows_own_caret_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeWindows()
    assert seen(monkeypatch, Element(caret=0), fake=fake).field.caret is None
    fake.caret = (10, 20, 11, 36)
    assert seen(monkeypatch, Element(caret=0), fake=fake).field.caret == Rect(1010, 520, 1, 16)


def test_a_selection_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    sight = seen(monkeypatch, Element(text="see you", caret=4, selected=3))
    assert (sight.field.draft, sight.field.selected) == (Draft("see ", ""), 3)


def test_only_what_is_near_the_caret_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = seen(monkeypatch, Element(text="a" * 5000 + "b" * 5000, caret=5000)).field.draft
    assert draft == Draft("a" * 2000, "b" * 200)


def test_the_page_around_a_field_is_not_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    element = Element(text="hello", caret=5, page_before="Maria: hi\n", page_after="\nSend")
    assert seen(monkeypatch, element).field.draft == Draft("hello", "")


def test_lines_and_spaces_are_what_a_person_means(monkeypatch: pytest.MonkeyPatch) -> None:
    element = Element(text="one\r\ntwo\u00a0\ufffcthree\r", caret=15)
    assert seen(monkeypatch, element).field.draft == Draft("one\ntwo three", "\n")


def test_an_input_method_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(monkeypatch, Element(text="ni", caret=2, composition="ni")).field.composing
    assert not seen(monkeypatch, Element(text="ni", caret=2)).field.composing


def test_a_password_is_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    element = Element(text="secret", caret=6, password=True)
    sight = seen(monkeypatch, element)
    assert (sight.field.role, sight.field.draft, sight.mark) == (Role.PASSWORD, None, None)
    assert not element.was_read
    assert reader(monkeypatch, element).conversation() is None


@pytest.mark.parametrize(
    ("fake_class", "element_class"), [("PuTTY", ""), ("Chat", "TermControl")]
)  # fmt: skip
def test_neither_is_a_terminal(
    monkeypatch: pytest.MonkeyPatch, fake_class: str, element_class: str
) -> None:
    fake = FakeWindows()
    fake.class_name = fake_class
    element = Element(text="$ ls", caret=4, class_name=element_class)
    sight = seen(monkeypatch, element, fake=fake)
    assert (sight.field.role, sight.field.draft) == (Role.TERMINAL, None)
    assert not element.was_read


def test_where_rules_want_silence_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    element = Element(text="hello", caret=5)
    sight = seen(monkeypatch, element, Reading.NOTHING)
    assert (sight.field.draft, sight.mark) == (None, None)
    assert not element.was_read


@pytest.mark.parametrize(
    "element",
    [
        Element(text="a page", caret=0, kind=50030, read_only=True),
        Element(text="mixed", caret=0, kind=50030, read_only=object()),
        Element(kind=50000),
    ],
)
def test_what_cannot_be_typed_into(monkeypatch: pytest.MonkeyPatch, element: Element) -> None:
    sight = seen(monkeypatch, element)
    assert (sight.field.role, sight.field.draft, sight.mark) == (Role.OTHER, None, None)


@pytest.mark.parametrize("element", [None, Element(kind=50032), Element(kind=50033)])
def test_an_app_that_tells_nothing_is_a_window(
    monkeypatch: pytest.MonkeyPatch, element: Element | None
) -> None:
    sight = seen(monkeypatch, element, Reading.KEYS)
    assert (sight.field.role, sight.field.identity) == (Role.UNKNOWN, "hwnd77")
    assert sight.field.app.name == "signal"
    assert sight.allowed is Reading.KEYS


def test_our_own_windows_are_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    element = Element(text="x", caret=1, process=os.getpid())
    assert reader(monkeypatch, element).sight(lambda _app, _site: Reading.TEXT) is None


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://web.whatsapp.com/send?x", "web.whatsapp.com"),
        ("mail.example.org/inbox", "mail.example.org"),
        ("http://[broken", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_site_is_that_of_the_outermost_page(
    monkeypatch: pytest.MonkeyPatch, address: str | None, site: str
) -> None:
    entry = Element(text="x", caret=1)
    frame = Element(2, kind=50030, value="https://ads.example.com/", children=[entry])
    page = Element(3, kind=50030, value=address, children=[Element(4, kind=50026), frame])
    Element(5, kind=50032, children=[page])
    asked: list[str] = []
    found = reader(monkeypatch, entry).sight(
        lambda _app, site: asked.append(site) or Reading.TEXT  # type: ignore[func-returns-value]
    )
    assert found is not None
    assert found.field.site == asked[0] == (site or "ads.example.com")


def message(number: int, text: str, left: int, top: int) -> Element:
    box = (left, top, left + 200, top + 20)
    words = Element(number + 100, kind=50020, name=text, box=box)
    return Element(number, kind=50007, name=f"{text} 12:30 read", box=box, children=[words])


def chat(*messages: Element) -> tuple[Element, Element]:
    entry = Element(text="see", caret=3, box=(100, 600, 500, 620))
    listing = Element(2, kind=50008, box=(100, 100, 500, 580), children=list(messages))
    send = Element(3, kind=50000, name="Send", box=(510, 600, 560, 620))
    window = Element(4, kind=50032, box=(0, 0, 800, 700), children=[listing, entry, send])
    return entry, window


def test_the_conversation_around_a_field(monkeypatch: pytest.MonkeyPatch) -> None:
    entry, _ = chat(
        message(10, "are you coming tonight?", 100, 200),
        message(11, "yes, at eight", 300, 240),
        message(12, "great, bring the map", 100, 280),
    )
    found = reader(monkeypatch, entry).conversation()
    assert found is not None
    assert found.field == seen(monkeypatch, entry).field.identity
    assert found.partner == "Maria"
    said = [(turn.speaker == found.me, turn.text) for turn in found.conversation.turns]
    assert said == [
        (False, "are you coming tonight?"),
        (True, "yes, at eight"),
        (False, "great, bring the map"),
    ]


def test_what_is_not_on_the_screen_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = message(10, "long ago", 100, 200)
    hidden.offscreen = True
    entry, _ = chat(hidden, message(11, "hello there", 100, 240), message(12, "well?", 100, 280))
    found = reader(monkeypatch, entry).conversation()
    assert found is not None
    assert [turn.text for turn in found.conversation.turns] == ["hello there", "well?"]


def test_where_nothing_is_said_there_is_no_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    entry, _ = chat()
    assert reader(monkeypatch, entry).conversation() is None
