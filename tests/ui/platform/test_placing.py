"""Where a ghost goes that we paint."""

from __future__ import annotations

from quicktype.draft import Draft
from ui.platform.interface import App, Field, Rect, Role, Toolkit, Window
from ui.platform.placing import below_window, place

BOX = Rect(100, 200, 300, 30)


def field(caret: Rect | None, text: str = "hi", toolkit: Toolkit = Toolkit.GTK) -> Field:
    return Field(
        "field", 0, App("app", toolkit), Window("window"), Role.TEXT, editable=True,
        draft=Draft(text), caret=caret, box=BOX,
    )  # fmt: skip


def test_it_begins_at_the_caret_and_ends_with_the_field() -> None:
    found = place(field(Rect(140, 205, 1, 20)))
    assert found is not None
    assert (found.x, found.y, found.height, found.room, found.below) == (140, 205, 20, 260, False)


def test_a_caret_out_of_its_field_is_not_believed() -> None:
    for caret in (Rect(900, 205, 1, 20), Rect(140, 205, 1, 900), Rect(140, 205, 1, 0), None):
        found = place(field(caret))
        assert found is not None
        assert found.below
        assert (found.x, found.y) == (BOX.x, BOX.y + BOX.height)


def test_an_empty_field_has_its_caret_where_its_text_will_begin() -> None:
    found = place(field(None, text=""))
    assert found is not None
    assert not found.below
    assert BOX.x < found.x < BOX.x + 10


def test_a_window_that_tells_nothing_has_it_at_its_lower_edge() -> None:
    window = Rect(0, 20, 1280, 780)
    found = below_window(window)
    assert found is not None
    assert found.y + found.height == window.y + window.height
    assert below_window(None) is None
