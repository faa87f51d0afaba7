"""However the bytes come, the lines are the same, and none of them fills the memory."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from quicktype.protocol import MAX_LINE, LineReader, TooLong

streams = st.lists(
    st.sampled_from([b"\n", b"a", b" ", b"\r", b'{"type":"status"}', b"\xff", b"0123456789"])
).map(b"".join)


def fed(reader: LineReader, data: bytes, cuts: list[int]) -> list[bytes | None]:
    """The lines that come of `data` in pieces; None for one that is too long."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    pieces = [data[start:end] for start, end in pairwise(places)]
    lines = [line for piece in pieces for line in reader.feed(piece)]
    return [None if isinstance(line, TooLong) else line for line in lines]


@given(data=streams, cuts=st.lists(st.integers(0, 300)))
def test_however_the_bytes_are_cut_the_lines_are_those_of_the_whole(
    data: bytes, cuts: list[int]
) -> None:
    *ended, rest = data.split(b"\n")
    reader = LineReader()
    assert fed(reader, data, cuts) == [line for line in ended if line.strip()]
    assert reader.buffered == len(rest)


@given(data=streams, cuts=st.lists(st.integers(0, 300)))
def test_a_line_that_is_too_long_is_reported_once_and_the_next_one_is_served(
    data: bytes, cuts: list[int]
) -> None:
    limit = 12
    *ended, rest = data.split(b"\n")
    expected = [line if len(line) < limit else None for line in ended]
    expected = [line for line in expected if line is None or line.strip()]
    if len(rest) >= limit:
        expected.append(None)
    reader = LineReader(limit)
    assert fed(reader, data, cuts) == expected
    assert reader.buffered < limit


def test_a_line_may_have_a_mebibyte_with_its_end() -> None:
    longest = b"x" * (MAX_LINE - 1)
    assert LineReader().feed(longest + b"\n") == [longest]
    (found,) = LineReader().feed(longest + b"x\n")
    assert isinstance(found, TooLong)


def test_ten_megabytes_without_an_end_are_not_kept() -> None:
    reader, reports = LineReader(), 0
    for _ in range(160):
        reports += len(reader.feed(b"x" * (1 << 16)))
        assert reader.buffered < MAX_LINE
    assert reports == 1
    assert reader.feed(b"x\n{}\n") == [b"{}"]
