"""What keys are on macOS."""

from __future__ import annotations

import pytest

from ui.macos.hands import pieces
from ui.macos.keys import modifiers_of, name_of, stroke_of
from ui.platform.interface import KeyKind, Modifier

SHIFT, CONTROL, OPTION, COMMAND = 1 << 17, 1 << 18, 1 << 19, 1 << 20


@pytest.mark.parametrize(
    ("code", "name"),
    [(0, "a"), (5, "g"), (4, "h"), (30, "bracketright"), (42, "backslash"), (35, "p"),
     (49, "space"), (48, "Tab"), (53, "Escape"), (51, "BackSpace"), (120, "F2"), (123, "Left"),
     (200, "")],
)  # fmt: skip
def test_names(code: int, name: str) -> None:
    assert name_of(code) == name


def test_modifiers() -> None:
    assert modifiers_of(SHIFT | COMMAND | 0x100) == {Modifier.SHIFT, Modifier.SUPER}
    assert modifiers_of(CONTROL | OPTION) == {Modifier.CONTROL, Modifier.ALT}
    assert modifiers_of(1 << 16) == frozenset()  # CapsLock


@pytest.mark.parametrize(
    ("code", "flags", "text", "kind"),
    [
        (0, 0, "a", KeyKind.TEXT),
        (37, OPTION, "@", KeyKind.TEXT),
        (0, COMMAND, "a", KeyKind.SHORTCUT),
        (0, CONTROL, "\x01", KeyKind.SHORTCUT),
        (14, OPTION, "", KeyKind.COMPOSE),
        (48, 0, "\t", KeyKind.TAB),
        (51, OPTION, "\x7f", KeyKind.ERASE),
        (36, 0, "\r", KeyKind.ENTER),
        (123, 0, "\uf702", KeyKind.MOVE),
        (63, 0, "", KeyKind.OTHER),
    ],
)
def test_kinds(code: int, flags: int, text: str, kind: KeyKind) -> None:
    stroke = stroke_of(code, modifiers_of(flags), text)
    assert stroke.kind is kind
    assert stroke.text == (text if kind is KeyKind.TEXT else "")


def test_one_event_carries_twenty_units_and_no_half_character() -> None:
    text = "x" * 19 + "🦊" + "y" * 25
    assert "".join(pieces(text)) == text
    assert [len(piece.encode("utf-16-le")) // 2 for piece in pieces(text)] == [19, 20, 7]
    assert pieces("") == []
