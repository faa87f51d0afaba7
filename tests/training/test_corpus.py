from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from training.corpus import CorpusError, is_held_out, prepare, read_chats
from training.recipe import DataRecipe

from .conftest import some_chats, write_source


def test_one_conversation_in_fifty_validates_and_its_segments_stay_together() -> None:
    sides = [is_held_out("source", f"talk{n}") for n in range(5000)]
    assert 60 < sum(sides) < 140
    for n in range(200):
        whole = is_held_out("source", f"talk{n}")
        assert is_held_out("source", f"talk{n}#0") == is_held_out("source", f"talk{n}#17") == whole


def test_the_split_is_the_same_for_ever() -> None:
    held_out = [n for n in range(300) if is_held_out("uci_sms_ham", str(n))]
    assert held_out == FROZEN


FROZEN = [1, 49, 149, 152, 169, 173]


def test_a_conversation_that_occurs_twice_is_taken_once(tmp_path: Path) -> None:
    chats = some_chats("first", ["A", "B"], 50, 1)
    write_source(tmp_path / "first.jsonl", chats)
    write_source(tmp_path / "second.jsonl", [{**c, "source": "second"} for c in chats])
    recipe = DataRecipe({"first": 1.0, "second": 1.0}, 10**6)
    first, second = prepare(tmp_path, recipe, tmp_path / "out", lambda _: None)
    assert (first.duplicates, second.duplicates) == (0, 50)
    lines = [(tmp_path / "out" / f"{n}.jsonl").read_text() for n in ("train", "validation")]
    assert sum(text.count("\n") for text in lines) == 50


def test_a_source_is_cut_at_its_share_of_characters(tmp_path: Path) -> None:
    write_source(tmp_path / "long.jsonl", some_chats("long", ["A", "B"], 500, 1))
    count = prepare(tmp_path, DataRecipe({"long": 1.0}, 2000), tmp_path / "out", lambda _: None)[0]
    assert 2000 <= count.characters < 2500


def test_empty_messages_are_no_messages(tmp_path: Path) -> None:
    turns = [{"speaker": "A", "text": "  "}, {"speaker": "B", "text": " hi "}]
    write_source(tmp_path / "s.jsonl", [{"source": "s", "id": "1", "turns": turns}])
    (chat,) = read_chats(tmp_path / "s.jsonl")
    assert [turn.text for turn in chat.conversation.turns] == ["hi"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("hello", "line 2, is not a conversation"),
        ('{"source": "s", "id": 1}', "line 2, is not a conversation"),
        ("[]", "line 2, is not a conversation"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    good = '{"source": "s", "id": "1", "turns": [{"speaker": "A", "text": "hi"}]}'
    (tmp_path / "s.jsonl").write_text(f"{good}\n{line}\n")
    with pytest.raises(CorpusError, match=complaint):
        list(read_chats(tmp_path / "s.jsonl"))


def test_a_source_that_is_cut_off_or_no_archive_is_refused(tmp_path: Path) -> None:
    good = b'{"source": "s", "id": "1", "turns": [{"speaker": "A", "text": "hi"}]}\n'
    whole = lzma.compress(good * 1000)
    for broken in (whole[: len(whole) // 2], b"not xz at all"):
        (tmp_path / "s.jsonl.xz").write_bytes(broken)
        with pytest.raises(CorpusError, match="cannot read"):
            list(read_chats(tmp_path / "s.jsonl.xz"))


def test_a_missing_source_is_named_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no nowhere\.jsonl\.xz"):
        prepare(tmp_path, DataRecipe({"nowhere": 1.0}, 10), tmp_path / "out", lambda _: None)
    assert list((tmp_path / "out").iterdir()) == []
