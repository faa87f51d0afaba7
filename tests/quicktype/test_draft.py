"""A draft is changed by keys, one at a time, and never in place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quicktype.draft import Draft, Key, Keystroke

drafts = st.builds(Draft, st.text(max_size=12), st.text(max_size=12))
moves = st.sampled_from([Key.LEFT, Key.RIGHT, Key.HOME, Key.END])


def pressed(draft: Draft, *keys: Key) -> Draft:
    for key in keys:
        draft = draft.apply(Keystroke(key))
    return draft


def test_a_message_is_typed_corrected_and_sent() -> None:
    draft = Draft()
    for letter in "see yuo":
        draft = draft.apply(Keystroke.typing(letter))
    draft = pressed(draft, Key.BACKSPACE, Key.BACKSPACE).apply(Keystroke.typing("ou"))
    assert draft == Draft("see you")
    assert pressed(draft, Key.SEND) == Draft()


def test_in_the_middle_both_sides_can_be_deleted() -> None:
    draft = pressed(Draft("abcd"), Key.LEFT, Key.LEFT)
    assert draft == Draft("ab", "cd")
    assert pressed(draft, Key.DELETE) == Draft("ab", "d")
    assert pressed(draft, Key.BACKSPACE) == Draft("a", "cd")
    assert pressed(draft, Key.HOME) == Draft("", "abcd")
    assert pressed(draft, Key.END) == Draft("abcd")


@pytest.mark.parametrize(
    ("before", "left"),
    [
        ("see you", "see "),
        ("see you  ", "see "),
        ("see", ""),
        ("  ", ""),
        ("", ""),
        ("a\nb", "a\n"),
    ],
)
def test_deleting_a_word_leaves_the_space_before_it(before: str, left: str) -> None:
    assert pressed(Draft(before, "x"), Key.DELETE_WORD) == Draft(left, "x")


@given(draft=drafts, text=st.text(min_size=1, max_size=8))
def test_what_was_typed_can_be_taken_back(draft: Draft, text: str) -> None:
    typed = draft.apply(Keystroke.typing(text))
    assert typed.text == draft.before + text + draft.after
    assert pressed(typed, *[Key.BACKSPACE] * len(text)) == draft


@given(draft=drafts, keys=st.lists(moves, max_size=8))
def test_moving_the_caret_changes_no_text(draft: Draft, keys: list[Key]) -> None:
    assert pressed(draft, *keys).text == draft.text


@pytest.mark.parametrize("key", [Key.BACKSPACE, Key.LEFT, Key.HOME, Key.DELETE, Key.RIGHT, Key.END])
def test_in_an_empty_draft_no_key_does_anything(key: Key) -> None:
    assert pressed(Draft(), key) == Draft()


def test_only_text_carries_text() -> None:
    with pytest.raises(ValueError, match="text keystroke"):
        Keystroke(Key.LEFT, "a")
    with pytest.raises(ValueError, match="text keystroke"):
        Keystroke.typing("")
