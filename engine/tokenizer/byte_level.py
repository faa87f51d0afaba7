"""Byte-level BPE, as GPT-2 introduced it; the vocabularies of SmolLM2 and Llama 3.

Text is cut into parts (`engine.tokenizer.splitting`). Each part begins as the tokens of its UTF-8
bytes; then, as long as there is one, the pair of neighbours that comes first in the list of merges
becomes one token. No space is added anywhere.

Vocabularies write bytes as printable characters: most of Latin-1 stands for itself, the rest is
moved to U+0100 and beyond, so that a space is written U+0120.
"""

from __future__ import annotations

import heapq
import json
import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from engine.tokenizer.base import TokenizerError
from engine.tokenizer.splitting import RULES, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    _Pair = tuple[int, int]

_FORMAT = "byte-level BPE"
_CACHED_PARTS = 1 << 14
_GONE = -1


def _alphabet() -> dict[int, int]:
    """The byte for each character that stands for one."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    moved = [byte for byte in range(256) if byte not in set(plain)]
    return {byte: byte for byte in plain} | {256 + n: byte for n, byte in enumerate(moved)}


_BYTE_OF = _alphabet()


def spelled(token: str) -> bytes:
    """The bytes that a vocabulary's token stands for; one beyond the alphabet stands for itself."""
    if all(ord(character) in _BYTE_OF for character in token):
        return token.translate(_BYTE_OF).encode("latin-1")
    return token.encode()


def write(
    tokens: Sequence[str],
    merges: Iterable[tuple[int, int]],
    *,
    rules: str,
    markers: Iterable[int] = (),
    whole: Iterable[int] = (),
    shortcut: bool = False,
    begin: int | None = None,
    end: int | None = None,
) -> bytes:
    """A vocabulary as the bytes that `ByteLevelTokenizer` reads.

    Args:
        tokens: each token, in the byte alphabet, markers and `whole` ones in plain text.
        merges: pairs of token ids, the first wins.
        rules: a name of `splitting.RULES`.
        markers: ids of the special tokens.
        whole: ids of tokens that are cut out of a text before anything else.
        shortcut: whether a part that is a token becomes it without regard to the merges.
        begin: the marker that opens a text.
        end: the marker that closes one.
    """
    value = {
        "tokenizer": _FORMAT,
        "rules": rules,
        "shortcut": shortcut,
        "begin": begin,
        "end": end,
        "markers": sorted(markers),
        "whole": sorted(whole),
        "tokens": list(tokens),
        "merges": [token for pair in merges for token in pair],
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def extended(data: bytes, markers: Iterable[str]) -> bytes:
    """The bytes of a vocabulary with more markers at its end; raises TokenizerError."""
    value = _parse(data)
    for marker in markers:
        value["markers"].append(len(value["tokens"]))
        value["tokens"].append(marker)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class ByteLevelTokenizer:
    """A byte-level BPE vocabulary; raises TokenizerError for bytes that are none."""

    kind = _FORMAT
    opens_with_space = False

    def __init__(self, data: bytes) -> None:
        self.data = data
        value = _parse(data)
        self.tokens: list[str] = value["tokens"]
        self.merges: list[int] = value["merges"]
        self.marker_ids: frozenset[int] = frozenset(value["markers"])
        self.markers: dict[str, int] = {self.tokens[token]: token for token in value["markers"]}
        self.whole: frozenset[int] = frozenset(value["whole"])
        self.rules: str = value["rules"]
        self.shortcut: bool = value["shortcut"]
        self.begin: int | None = value.get("begin")
        self.end: int | None = value.get("end")
        self._whole = {self.tokens[token]: token for token in self.whole}
        self._encode_part = lru_cache(_CACHED_PARTS)(self._merge)

    @property
    def vocab(self) -> int:
        """How many tokens there are."""
        return len(self.tokens)

    @cached_property
    def pieces(self) -> tuple[bytes, ...]:
        """What each token adds to the text; nothing for markers."""
        spoken = [spelled(token) for token in self.tokens]
        for token in self.whole:
            spoken[token] = self.tokens[token].encode()
        for token in self.marker_ids:
            spoken[token] = b""
        return tuple(spoken)

    def encode(self, text: str) -> list[int]:
        """The token ids of a message, or of its beginning; markers in it are read as text.

        A byte that the vocabulary lacks (often a control character) is left out, as in the
        `tokenizers` library and in llama.cpp.
        """
        ids: list[int] = []
        for number, part in enumerate(self._cut.split(text)):
            if number % 2:
                ids.append(self._whole[part])
                continue
            for smaller in split(part, self.rules):
                ids += self._encode_part(smaller)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of a message's tokens; markers add nothing, broken UTF-8 becomes U+FFFD."""
        return b"".join(self.pieces[i] for i in ids).decode("utf-8", errors="replace")

    def marker(self, name: str) -> int:
        """The id of a marker such as ``<|im_end|>``; raises TokenizerError if there is none."""
        if name not in self.markers:
            raise TokenizerError(f"the tokenizer has no marker {name}")
        return self.markers[name]

    @cached_property
    def _cut(self) -> re.Pattern[str]:
        """Finds the tokens to cut out first, the longest at each place; never without any."""
        whole = sorted(self._whole, key=len, reverse=True)
        return re.compile(f"({'|'.join(map(re.escape, whole)) or '(?!)'})")

    @cached_property
    def _ids(self) -> dict[bytes, int]:
        """The token that spells some bytes."""
        ids: dict[bytes, int] = {}
        for token, piece in enumerate(self.pieces):
            if piece:
                ids.setdefault(piece, token)
        return ids

    @cached_property
    def _ranks(self) -> dict[_Pair, tuple[int, int]]:
        """For each pair that may be merged, its place in the list and what it becomes."""
        ranks: dict[_Pair, tuple[int, int]] = {}
        flat = iter(self.merges)
        for rank, pair in enumerate(zip(flat, flat, strict=True)):
            merged = self._ids.get(self.pieces[pair[0]] + self.pieces[pair[1]])
            if merged is None:
                raise TokenizerError(f"merge {rank} of the vocabulary makes no token of it")
            ranks.setdefault(pair, (rank, merged))
        return ranks

    def _merge(self, part: str) -> list[int]:
        """The tokens of one part; n log n in its length."""
        spoken = part.encode("utf-8", errors="replace")
        if self.shortcut and spoken in self._ids:
            return [self._ids[spoken]]
        letters = (self._ids.get(bytes([byte])) for byte in spoken)
        return merged([token for token in letters if token is not None], self._ranks)


def merged(tokens: list[int], ranks: Mapping[_Pair, tuple[int, int]]) -> list[int]:
    """The tokens after all merges: always the pair of lowest rank, of equals the leftmost.

    A chain of neighbours with a queue of pairs; a queued pair may be gone when its turn comes.
    """
    tokens, last = list(tokens), len(tokens)
    before, after = list(range(-1, last - 1)), list(range(1, last + 1))
    queue: list[tuple[int, int, _Pair, int]] = []

    def consider(left: int, right: int) -> None:
        if left >= 0 and right < last:
            pair = tokens[left], tokens[right]
            if pair in ranks:
                rank, token = ranks[pair]
                heapq.heappush(queue, (rank, left, pair, token))

    for left in range(last - 1):
        consider(left, left + 1)
    while queue:
        _, left, pair, token = heapq.heappop(queue)
        right = after[left]
        if right == last or (tokens[left], tokens[right]) != pair:
            continue
        tokens[left], tokens[right] = token, _GONE
        after[left] = after[right]
        if after[left] < last:
            before[after[left]] = left
        consider(before[left], left)
        consider(left, after[left])
    return [token for token in tokens if token != _GONE]


def _parse(data: bytes) -> dict[str, Any]:
    """The vocabulary's fields, every one of the right type and every id in range."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise TokenizerError("not a byte-level vocabulary: no JSON") from error
    if not isinstance(value, dict) or value.get("tokenizer") != _FORMAT:
        raise TokenizerError("not a byte-level vocabulary")
    tokens = value.get("tokens")
    if not isinstance(tokens, list) or set(map(type, tokens)) != {str}:
        raise TokenizerError("a byte-level vocabulary without tokens")
    ids = [value.get(name) for name in ("markers", "whole", "merges")]
    ends = [token for token in (value.get("begin"), value.get("end")) if token is not None]
    if not all(_are_ids(some, len(tokens)) for some in [*ids, ends]) or len(value["merges"]) % 2:
        raise TokenizerError("a byte-level vocabulary with ids that no token has")
    if value.get("rules") not in RULES or not isinstance(value.get("shortcut"), bool):
        raise TokenizerError("a byte-level vocabulary with rules that this program does not know")
    return dict(value)


def _are_ids(value: object, vocab: int) -> bool:
    if not isinstance(value, list) or not set(map(type, value)) <= {int}:
        return False
    return not value or (min(value) >= 0 and max(value) < vocab)
