from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from quicktype.evaluation.cases import DataError, sample


def write(path: Path, chats: list[list[str]]) -> Path:
    lines = [
        json.dumps(
            {
                "id": f"chat {number}",
                "turns": [
                    {"speaker": "AB"[place % 2], "text": text} for place, text in enumerate(texts)
                ],
            }
        )
        for number, texts in enumerate(chats)
    ]
    data = "\n".join(lines).encode()
    path.write_bytes(lzma.compress(data) if path.suffix == ".xz" else data)
    return path


def test_messages_of_2_to_40_words_with_something_before_them(tmp_path: Path) -> None:
    long = " ".join(["word"] * 41)
    path = write(
        tmp_path / "talk.jsonl", [["hello there", "hi", "how are you", "", long, "fine so"]]
    )
    cases = sample([path])
    assert sorted(case.text for case in cases) == ["fine so", "how are you"]
    (case,) = (case for case in cases if case.text == "how are you")
    assert (case.slice, case.chat, case.speaker) == ("talk", "chat 0", "A")
    assert [turn.text for turn in case.conversation.turns] == ["hello there", "hi"]


def test_a_file_of_lone_messages_is_typed_without_anything_before(tmp_path: Path) -> None:
    path = write(tmp_path / "sms.jsonl.xz", [["see you"], ["at eight then"]])
    assert {case.text for case in sample([path])} == {"see you", "at eight then"}


def test_the_sample_does_not_depend_on_the_order_in_the_file(tmp_path: Path) -> None:
    chats = [["so", f"message number {number}"] for number in range(50)]
    lines = write(tmp_path / "a.jsonl", chats).read_text().splitlines()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a.jsonl").write_text("\n".join(reversed(lines)))
    first, second = (sample([folder / "a.jsonl"], 7) for folder in (tmp_path, tmp_path / "b"))
    assert len(first) == 7
    assert first == second


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no message"),
        (b'{"turns": [{"speaker": "A", "text": "hi"}]}', "has no message"),
        (b"hello\n", "line 1 of .* is no conversation"),
        (b'[{"speaker": "A", "text": "hi there"}]', "line 1 of .* is no conversation"),
        (b"\xff\xfe\x00", "cannot read"),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        sample([path])


def test_a_cut_off_file(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl.xz", [["one two", "three four"]])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="cannot read"):
        sample([path])
