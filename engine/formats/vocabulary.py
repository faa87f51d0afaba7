"""Foreign vocabularies as our two kinds of tokenizers, checked before they are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.formats.errors import FormatError
from engine.tokenizer import TokenizerError, piece_model, read_tokenizer
from engine.tokenizer import byte_level as byte_level_kind
from engine.tokenizer.piece_model import BPE, Piece, PieceModel, PieceType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LISTED_RULES = {
    "gpt-2": "gpt-2",
    "gpt2": "gpt-2",
    "smollm": "smollm",
    "starcoder": "smollm",
    "refact": "smollm",
    "llama3": "llama-3",
    "llama-v3": "llama-3",
    "llama-bpe": "llama-3",
    "qwen2": "qwen-2",
}
"""Our rules for cutting text (`engine.tokenizer.splitting`) under the names that GGUF has."""

_SAMPLE = "Hello, I'm 42 years old\n  and \u00fc\u6f22\U0001f642 <s>"
_BYTES = frozenset(f"<0x{byte:02X}>" for byte in range(256))


def sentence_pieces(
    pieces: Sequence[Piece],
    *,
    unknown: int = 0,
    begin: int | None = 1,
    end: int | None = 2,
    opens_with_space: bool = True,
    trims_spaces: bool = False,
) -> bytes:
    """A SentencePiece model of pieces with scores, checked; raises FormatError."""
    try:
        model = PieceModel(
            tuple(pieces),
            BPE,
            unknown=unknown,
            begin=begin,
            end=end,
            opens_with_space=opens_with_space,
            trims_spaces=trims_spaces,
        )
        return _checked(model.to_bytes())
    except (UnicodeEncodeError, OverflowError, ValueError) as error:
        raise FormatError(f"its vocabulary cannot be used ({error}): get a fresh copy") from error


def typed(texts: Sequence[tuple[str, float]], *, unknown: int, controls: set[int]) -> list[Piece]:
    """Pieces whose file does not say what they are: told by their place and their spelling.

    A piece like ``<me>`` that no merge has made, as its score shows, is a marker.
    """
    pieces = []
    for token, (text, score) in enumerate(texts):
        kind = PieceType.NORMAL
        if token == unknown:
            kind = PieceType.UNKNOWN
        elif token in controls:
            kind = PieceType.CONTROL
        elif text in _BYTES:
            kind = PieceType.BYTE
        elif score == 0 and Piece(text, score, PieceType.USER_DEFINED).is_marker:
            kind = PieceType.USER_DEFINED
        pieces.append(Piece(text, score, kind))
    return pieces


def byte_level(
    tokens: Sequence[str],
    merges: Iterable[str],
    *,
    rules: str,
    markers: Iterable[int],
    whole: Iterable[int] = (),
    shortcut: bool = False,
    begin: int | None = None,
    end: int | None = None,
) -> bytes:
    """A byte-level vocabulary, its merges as "left right", checked; raises FormatError."""
    ids: dict[str, int] = {}
    for token, text in enumerate(tokens):
        ids.setdefault(text, token)
    try:
        pairs = []
        for merge in merges:
            left, _, right = merge.partition(" ")
            pairs.append((ids[left], ids[right]))
        data = byte_level_kind.write(
            tokens,
            pairs,
            rules=rules,
            markers=markers,
            whole=whole,
            shortcut=shortcut,
            begin=begin,
            end=end,
        )
        return _checked(data)
    except KeyError as error:
        raise FormatError(
            f"its vocabulary merges {str(error)[:40]}, which is no token: get a fresh copy"
        ) from error
    except UnicodeEncodeError as error:
        raise FormatError("its vocabulary is no UTF-8: get a fresh copy") from error


def with_spares(data: bytes, count: int) -> bytes:
    """A tokenizer with so many more tokens, which no text contains."""
    tokenizer = read_tokenizer(data)
    names = [f"<unused {tokenizer.vocab + number}>" for number in range(count)]
    if isinstance(tokenizer, byte_level_kind.ByteLevelTokenizer):
        return byte_level_kind.extended(data, names)
    return piece_model.extended(data, [Piece(name, 0.0, PieceType.UNUSED) for name in names])


def _checked(data: bytes) -> bytes:
    """The bytes, if they make a tokenizer that can be used."""
    try:
        tokenizer = read_tokenizer(data)
        tokenizer.decode(tokenizer.encode(_SAMPLE))
    except TokenizerError as error:
        raise FormatError(f"its vocabulary cannot be used, {error}: get a fresh copy") from error
    return data
