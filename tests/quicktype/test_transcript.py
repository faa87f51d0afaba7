"""Conversations that people have on disk, and files that only look like it."""

from __future__ import annotations

import io
import json
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quicktype.conversation import Conversation, Turn
from quicktype.transcript import (
    MAX_BYTES,
    TranscriptError,
    format_lines,
    parse,
    parse_lines,
    read,
    replier,
)

DINNER = Conversation((Turn("Ana", "are we still on?"), Turn("Ben", "yes! what time?")))


def conversation(*turns: tuple[str, str]) -> Conversation:
    return Conversation(tuple(Turn(*turn) for turn in turns))


@pytest.mark.parametrize(
    "data",
    [
        b"Ana: are we still on?\nBen: yes! what time?\n",
        b"Ana: are we still on?\r\nBen: yes! what time?\r\n",
        b"Ana: are we still on?\rBen: yes! what time?",
        b"\n\n  \nAna:   are we still on?  \n\nBen : yes! what time?\n\n",
        b"\xef\xbb\xbfAna: are we still on?\nBen: yes! what time?",
        "\ufeffAna: are we still on?\nBen: yes! what time?".encode("utf-16-le"),
        "\ufeffAna: are we still on?\nBen: yes! what time?".encode("utf-16-be"),
        (b'[{"speaker": "Ana", "text": "are we still on?"},'
        b' {"speaker": "Ben", "text": "yes! what time?", "id": 7}]'),
        (b'{"speaker": "Ana", "text": "are we still on?"}\n\n'
        b'{"speaker": "Ben", "text": "yes! what time?"}\n'),
        (b'{"turns": [{"speaker": "Ana", "text": "are we still on?"},\n'
        b'{"speaker": "Ben", "text": "yes! what time?"}]}'),
    ],
    ids=["lines", "dos", "old mac", "untidy", "utf-8 mark", "utf-16le", "utf-16be", "array",
         "jsonl", "conversation"],
)  # fmt: skip
def test_the_same_conversation_in_every_form(data: bytes) -> None:
    assert parse(data) == DINNER


def test_names_with_spaces_texts_with_colons_and_messages_of_several_lines() -> None:
    text = (
        "Anna Maria K.: the plan: meet at 10:30\n"
        "see http://example.org/a:b for the map\n"
        "\n"
        "  Ben: should bring the tickets (an indented line is never a new message)\n"
        "+49 170 123: ok\n"
    )
    assert parse_lines(text) == conversation(
        (
            "Anna Maria K.",
            (
                "the plan: meet at 10:30\nsee http://example.org/a:b for the map\n\n"
                "Ben: should bring the tickets (an indented line is never a new message)"
            ),
        ),
        ("+49 170 123", "ok"),
    )


def test_of_several_conversations_the_last_counts() -> None:
    lines = [{"turns": [{"speaker": s, "text": t}]} for s, t in (("Ana", "hi"), ("Cem", "hey"))]
    data = "\n".join(json.dumps(line) for line in lines).encode()
    assert parse(data) == conversation(("Cem", "hey"))


def test_messages_without_text_are_left_out_and_broken_surrogates_replaced() -> None:
    data = b'[{"speaker": "Ana", "text": " "}, {"speaker": "Ben", "text": "\\ud83d oh"}]'
    assert parse(data) == conversation(("Ben", "\ufffd oh"))


def test_a_text_that_begins_with_a_bracket_is_text() -> None:
    assert parse(b"[bot]: hello") == conversation(("[bot]", "hello"))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"hello there\nAna: hi", "line 1 has no speaker"),
        (b"\nAna:hi", "line 2 has no speaker"),
        (b"If you can read this and that and more: hi", "line 1 has no speaker"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "byte 0 is no UTF-8"),
        (b"Ana: hi\x00", "looks binary"),
        (b"PK\x03\x04\x14\x00", "looks binary"),
        ("Ana: hi".encode("utf-32"), "looks binary"),
        (b"\xff\xfeA", "no UTF-16-LE"),
        (b"x" * (MAX_BYTES + 1), "longer than 16 MiB"),
        (b"[" * 100_000, "nested too deeply"),
        (b'[{"speaker": "Ana", "text": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"turns": ' + b'{"a":' * 100_000, "nested too deeply"),
        (b'[{"speaker": "Ana"', "broken JSON"),
        (b'[{"speaker": "Ana"}]', 'turn 1 lacks the text field "text"'),
        (b'[{"speaker": "", "text": "hi"}]', "turn 1 has a speaker without a name"),
        (b'[{"speaker": "Ana", "text": "hi"}, 5]', "turn 2 is not an object"),
        (b'{"speaker": "Ana", "text": "hi"}\n{"speaker"', "line 2 is broken JSON"),
        (b'{"speaker": "Ana", "text": "hi"}\n[]', "line 2 is not an object"),
        (b'{"turns": []}\n{"speaker": "Ana", "text": "hi"}', "line 2 has no list"),
        (b'{"turns": 5}', "line 1 has no list"),
        (b'{"name": "Ana"}', 'line 1 lacks the text field "speaker"'),
        (b'[{"speaker": "Ana", "text": ' + b"9" * 5000 + b"}]", "broken JSON"),
    ],
)  # fmt: skip
def test_what_is_no_conversation_is_refused_with_the_reason(data: bytes, complaint: str) -> None:
    with pytest.raises(TranscriptError, match=complaint) as caught:
        parse(data)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@given(st.binary(max_size=200))
def test_any_bytes_give_a_conversation_or_a_reason(data: bytes) -> None:
    with suppress(TranscriptError):
        result = parse(data)
        assert all(turn.speaker and turn.text for turn in result.turns)


_TEXT = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), min_size=1)
    .map(str.strip)
    .filter(bool)
)
_NAME = st.from_regex(r"[A-Za-zÄÖ+@\[(][\w .'-]{0,20}", fullmatch=True).map(str.strip)


@given(st.lists(st.builds(Turn, _NAME, _TEXT), max_size=6).map(tuple).map(Conversation))
def test_what_is_written_is_read_back(original: Conversation) -> None:
    try:
        written = format_lines(original)
    except TranscriptError:
        assert any(len(turn.speaker.split()) > 5 for turn in original.turns)
    else:
        assert parse_lines(written) == original
        as_json = [{"speaker": turn.speaker, "text": turn.text} for turn in original.turns]
        assert parse(json.dumps(as_json).encode()) == original


def test_a_name_that_cannot_be_told_from_text_is_not_written() -> None:
    with pytest.raises(TranscriptError, match="cannot stand before a colon"):
        format_lines(conversation(("Ana: the first", "hi")))


def test_files_standard_input_and_their_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "dinner.txt"
    file.write_text(format_lines(DINNER))
    assert read(str(file)) == DINNER
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    assert read("-") == DINNER
    with pytest.raises(TranscriptError, match=r"cannot read .*nowhere\.txt: No such file"):
        read(str(tmp_path / "nowhere.txt"))
    with pytest.raises(TranscriptError, match=r"cannot read .*: Is a directory"):
        read(str(tmp_path))
    with pytest.raises(TranscriptError, match="null"):
        read("a\0b")
    file.write_bytes(b"\0\1\2")
    with pytest.raises(TranscriptError, match=r"dinner\.txt is not a conversation: .*binary"):
        read(str(file))


@pytest.mark.parametrize(
    ("speakers", "expected"),
    [
        ("Ana Ben", "Ana"),
        ("Ana Ben Ana", "Ben"),
        ("Ana Ben Cem Cem", "Ben"),
        ("Ana", "Me"),
        ("", "Me"),
    ],
)
def test_whoever_did_not_speak_last_replies(speakers: str, expected: str) -> None:
    assert replier(conversation(*((name, "hi") for name in speakers.split()))) == expected


def test_of_a_long_conversation_the_newest_messages_are_kept() -> None:
    long = conversation(("Ana", "first"), ("Ben", "x" * 100), ("Ana", "last"))
    assert long.newest(1000) == long
    assert long.newest(20) == conversation(("Ben", "x" * 13), ("Ana", "last"))
    assert long.newest(3) == conversation(("Ana", "ast"))


@pytest.mark.parametrize("name", ["dinner.txt", "weekend.txt", "trip.jsonl"])
def test_the_examples_are_conversations_of_two(name: str) -> None:
    example = read(str(Path(__file__).parents[2] / "examples" / name))
    assert len(example.speakers()) == 2
    assert replier(example) == example.turns[-2].speaker
