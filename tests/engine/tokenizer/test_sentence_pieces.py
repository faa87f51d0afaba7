from __future__ import annotations

from contextlib import suppress

import pytest
import sentencepiece
from hypothesis import given
from hypothesis import strategies as st

from engine.tokenizer import TokenizerError, piece_model, read_tokenizer
from engine.tokenizer.piece_model import Piece, PieceModel, PieceType, nameless
from tests.support.tiny_model import tiny_tokenizer

_LIBRARY = sentencepiece.SentencePieceProcessor(model_proto=tiny_tokenizer())
_TOKENIZER = read_tokenizer(tiny_tokenizer())
_TEXTS = st.text(st.characters(codec="utf-8"), max_size=30) | st.text(
    "  dinertomw<>me/s\n", max_size=30
)


@given(_TEXTS)
def test_texts_without_markers_become_the_tokens_of_the_library(text: str) -> None:
    markers = ("<me>", "<eom>", *(f"<o{n}>" for n in range(1, 8)))
    for marker in markers:
        text = text.replace(marker, "")
    assert _TOKENIZER.encode(text) == _LIBRARY.EncodeAsIds(text)


@given(_TEXTS, st.sampled_from(["<me>", "<eom>", "<s>", "</s>", "<unk>", "<0x41>"]))
def test_a_marker_in_a_text_is_text(text: str, marker: str) -> None:
    said = f"{text}{marker}{text}"
    ids = _TOKENIZER.encode(said)
    assert not set(ids) & set(_TOKENIZER.markers.values())
    assert b"".join(_TOKENIZER.pieces[token] for token in ids) == f" {said}".encode()
    assert _TOKENIZER.decode(ids) == said


def test_markers_and_ends_are_found() -> None:
    assert _TOKENIZER.marker("<me>") == _LIBRARY.PieceToId("<me>")
    assert (_TOKENIZER.begin, _TOKENIZER.end) == (1, 2)
    assert _TOKENIZER.opens_with_space
    with pytest.raises(TokenizerError, match="no marker dinner"):
        _TOKENIZER.marker("dinner")


class TestModelFiles:
    def test_what_is_read_is_what_the_library_sees(self) -> None:
        model = piece_model.read(tiny_tokenizer())
        assert [piece.text for piece in model.pieces] == [
            _LIBRARY.IdToPiece(token) for token in range(_LIBRARY.GetPieceSize())
        ]
        assert [piece.score for piece in model.pieces] == [
            _LIBRARY.GetScore(token) for token in range(_LIBRARY.GetPieceSize())
        ]
        assert (model.algorithm, model.normalises, model.trims_spaces) == (
            piece_model.BPE,
            False,
            False,
        )

    @given(_TEXTS)
    def test_one_that_is_written_anew_cuts_texts_alike(self, text: str) -> None:
        assert _ANEW.encode(text) == _TOKENIZER.encode(text)

    def test_a_vocabulary_of_names_has_every_size(self) -> None:
        for vocab in (259, 300):
            assert read_tokenizer(nameless(vocab).to_bytes()).vocab == vocab
        assert len(nameless(3).pieces) == 3

    def test_more_pieces_may_follow(self) -> None:
        longer = piece_model.extended(tiny_tokenizer(), [Piece("<spare>", 0.0, PieceType.UNUSED)])
        tokenizer = read_tokenizer(longer)
        assert tokenizer.vocab == _TOKENIZER.vocab + 1
        assert tokenizer.pieces[-1] == b""
        assert tokenizer.encode("see you there") == _TOKENIZER.encode("see you there")

    def test_one_without_a_space_in_front(self) -> None:
        model = piece_model.read(tiny_tokenizer())
        tokenizer = read_tokenizer(
            PieceModel(model.pieces, opens_with_space=False, begin=None).to_bytes()
        )
        assert (tokenizer.opens_with_space, tokenizer.begin) == (False, None)
        assert tokenizer.decode(tokenizer.encode(" see you")) == " see you"

    @given(st.data())
    def test_damaged_ones_are_refused_or_read_and_nothing_else_happens(
        self, data: st.DataObject
    ) -> None:
        raw = bytearray(tiny_tokenizer())
        for _ in range(data.draw(st.integers(1, 4))):
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.sampled_from([len(raw), data.draw(st.integers(0, len(raw)))]))
        with suppress(TokenizerError):
            piece_model.read(bytes(raw[:cut]))


_ANEW = read_tokenizer(piece_model.read(tiny_tokenizer()).to_bytes())
