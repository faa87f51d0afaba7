"""Tags in texts: found whole, suspected while they are being written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quicktype.prompt import TEMPLATES, Tags

TAGS = Tags(("[INST]", "[/INST]", "Tom:", "</s>"))


@pytest.mark.parametrize(
    ("text", "place"),
    [("hi [/INST] there", 3), ("Tom: hi", 0), ("hi Tom: ho", 3), ("Atom: hi", None), ("Tom", None)],
)
def test_names_count_where_a_word_begins_other_tags_anywhere(text: str, place: int | None) -> None:
    assert TAGS.find(text) == place


def test_what_somebody_else_has_written_before_does_not_count() -> None:
    assert TAGS.find("[INST] hi", 6) is None
    assert TAGS.find("[INST] hi", 5) == 0


@pytest.mark.parametrize(
    ("text", "begun"), [("hi [/IN", 4), ("hi <", 1), ("To", 2), ("Ato", 0), ("hi <3", 0), ("", 0)]
)
def test_a_tag_is_suspected_from_its_first_letter_on(text: str, begun: int) -> None:
    assert TAGS.begun(text) == begun


@given(st.lists(st.sampled_from([*TAGS.texts, "hi", " ", "[", "To", "<"])).map("".join))
def test_split_pieces_are_the_text_and_all_tags_are_among_them(text: str) -> None:
    pieces = TAGS.split(text)
    assert "".join(piece for piece, _ in pieces) == text
    assert all((piece in TAGS.texts) == is_tag for piece, is_tag in pieces if is_tag)
    assert all(TAGS.find(piece) is None for piece, is_tag in pieces if not is_tag)


@given(st.text("[/INST] To:<s>", max_size=30))
def test_nothing_that_is_not_suspected_becomes_a_tag(text: str) -> None:
    """Shown letter by letter, what is held back is enough to keep every tag from view."""
    shown = ""
    for end in range(1, len(text) + 1):
        head = text[:end]
        if TAGS.find(head) is not None:
            break
        shown = head[: end - TAGS.begun(head)]
    assert TAGS.find(shown) is None
    assert all(text.find(tag) >= len(shown) for tag in ("[INST]", "[/INST]", "</s>") if tag in text)


def test_a_template_without_tags_finds_none() -> None:
    nothing = Tags(TEMPLATES["lines"].tags)
    assert (nothing.find("[INST] Tom:"), nothing.begun("<"), nothing.split("")) == (None, 0, [])
