"""What a key may do to a field, and how many Backspaces take a text back."""

from __future__ import annotations

import pytest

from ui.platform.clusters import clusters
from ui.platform.interface import Insertion, KeyKind, Removal
from ui.platform.key_draft import KeyDraft
from ui.platform.ledger import UNKNOWN, Effect
from ui.platform.strokes import BACKSPACE, LEFT, RETURN, TAB, Stroke, effect_of, kind_of


@pytest.mark.parametrize(
    ("symbol", "text", "commanding", "kind"),
    [
        (0x61, "a", False, KeyKind.TEXT),
        (0x61, "\x01", True, KeyKind.SHORTCUT),
        (BACKSPACE, "\x08", False, KeyKind.ERASE),
        (BACKSPACE, "\x08", True, KeyKind.ERASE),
        (RETURN, "\r", False, KeyKind.ENTER),
        (TAB, "\t", False, KeyKind.TAB),
        (LEFT, "", False, KeyKind.MOVE),
        (0xFF1B, "\x1b", False, KeyKind.ESCAPE),
        (0xFFC2, "", False, KeyKind.OTHER),
    ],
)
def test_kinds(symbol: int, text: str, kind: KeyKind, *, commanding: bool) -> None:
    assert kind_of(symbol, text, commanding=commanding) is kind


def test_effects() -> None:
    assert effect_of(Stroke(KeyKind.TEXT, "ab", 0), plain=True) == Effect(2, 2)
    assert effect_of(Stroke(KeyKind.COMPOSE, "", 0xFE51), plain=True) == Effect()
    assert effect_of(Stroke(KeyKind.ERASE, "", BACKSPACE), plain=True) == Effect(-1, -1)
    assert effect_of(Stroke(KeyKind.ERASE, "", BACKSPACE), plain=False) == UNKNOWN
    assert effect_of(Stroke(KeyKind.ENTER, "", RETURN), plain=True) == UNKNOWN


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("see", 3),
        ("e\u0301t", 2),
        ("\N{SLICE OF PIZZA}!", 2),
        ("\N{WAVING HAND SIGN}\U0001f3fd", 1),
        ("\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}", 1),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 2),
        ("\u2764\ufe0f", 1),
    ],
)
def test_clusters(text: str, count: int) -> None:
    assert clusters(text) == count


def test_a_draft_of_keys() -> None:
    draft = KeyDraft()
    for letter in "at tha":
        draft.press(Stroke(KeyKind.TEXT, letter, ord(letter)))
    draft.press(Stroke(KeyKind.ERASE, "", BACKSPACE))
    draft.edited(Insertion(1, "field", "e usual place"))
    assert draft.text == "at the usual place"
    draft.edited(Removal(1))
    assert draft.text == "at th"
    draft.press(Stroke(KeyKind.ENTER, "", RETURN))
    assert draft.text == ""
