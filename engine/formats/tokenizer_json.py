"""The `tokenizers` library's ``tokenizer.json``, as far as Llama models use it.

Two kinds: byte-level BPE (SmolLM2, Llama 3), known by the rules that cut text; and SentencePiece
BPE written anew (Llama 2, TinyLlama), whose list of merges becomes scores again.
"""

from __future__ import annotations

import json
from typing import Any

from engine.formats.errors import FormatError
from engine.formats.vocabulary import byte_level, sentence_pieces, typed
from engine.tokenizer.piece_model import Piece, PieceType

_ADVICE = "choose another model"
_MAX_TOKENS = 1 << 20
_SPACE = "\u2581"
_CASELESS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_LLAMA3 = (
    rf"{_CASELESS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_RULES_OF_REGEX = {_LLAMA3: "llama-3", _LLAMA3.replace("{1,3}", ""): "qwen-2"}
_UNREACHABLE = -1e9


def read_tokenizer_json(data: bytes, end: int | None = None) -> bytes:
    """The tokenizer as `engine.tokenizer.read_tokenizer` reads it; raises FormatError.

    The file does not say which marker closes a text, so `end` does; the one that opens a text is
    told by how the library is to complete what it has encoded.
    """
    try:
        value = json.loads(data)
        model = value["model"]
        if model.get("type", "BPE") != "BPE":
            raise FormatError(f"its tokenizer is {str(model['type'])[:40]}, not BPE: {_ADVICE}")
        tokens = _tokens(model["vocab"], value.get("added_tokens") or [])
        merges = [_merge(merge) for merge in model["merges"]]
        added = {int(token["id"]): bool(token["special"]) for token in value["added_tokens"] or []}
        begin = _opening(value.get("post_processor"), tokens)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FormatError(f"it is no tokenizer.json that can be read: {_ADVICE}") from error
    if model.get("byte_fallback"):
        return _pieces(value, tokens, merges, added)
    return _byte_level(value, tokens, merges, added, (begin, end))


def _tokens(vocab: dict[str, int], added: list[dict[str, Any]]) -> list[str]:
    """The tokens in the order of their ids, without holes."""
    ids = dict(vocab) | {str(token["content"]): int(token["id"]) for token in added}
    if not ids or len(ids) > _MAX_TOKENS or sorted(ids.values()) != list(range(len(ids))):
        raise FormatError(f"the ids of its tokens have holes: {_ADVICE}")
    return sorted(ids, key=ids.__getitem__)


def _merge(merge: str | list[str]) -> tuple[str, str]:
    """Older files write "left right", newer ones a pair."""
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return str(left), str(right)


def _byte_level(
    value: dict[str, Any],
    tokens: list[str],
    merges: list[tuple[str, str]],
    added: dict[int, bool],
    ends: tuple[int | None, int | None],
) -> bytes:
    if value.get("normalizer") is not None:
        raise FormatError(f"its tokenizer changes characters before it cuts text: {_ADVICE}")
    markers = [token for token in added if added[token] or _is_marker(tokens[token])]
    return byte_level(
        tokens,
        [f"{left} {right}" for left, right in merges],
        rules=_rules(value.get("pre_tokenizer")),
        markers=markers,
        whole=set(added) - set(markers),
        shortcut=bool(value["model"].get("ignore_merges")),
        begin=ends[0],
        end=ends[1],
    )


def _opening(post_processor: object, tokens: list[str]) -> int | None:
    """The token that is put before every text."""
    for step in _steps(post_processor):
        match step:
            case {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": name}}, *_]}:
                return tokens.index(name)
    return None


def _is_marker(text: str) -> bool:
    return Piece(text, 0.0, PieceType.USER_DEFINED).is_marker


def _rules(pre_tokenizer: object) -> str:
    """The name of the rules that cut text; raises FormatError for others."""
    steps = _steps(pre_tokenizer)
    match steps:
        case [{"type": "ByteLevel", "add_prefix_space": False, **rest}]:
            if rest.get("use_regex", True):
                return "gpt-2"
        case [
            {"type": "Digits", "individual_digits": True},
            {"type": "ByteLevel", "add_prefix_space": False, **rest},
        ]:
            if rest.get("use_regex", True):
                return "smollm"
        case [
            {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated"},
            {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False},
        ]:
            if regex in _RULES_OF_REGEX:
                return _RULES_OF_REGEX[regex]
    raise FormatError(
        f"its tokenizer cuts text by rules that this program does not know: {_ADVICE}"
    )


def _steps(step: object) -> list[object]:
    if isinstance(step, dict) and step.get("type") == "Sequence":
        names = ("pretokenizers", "normalizers", "processors")
        inner = next((step[name] for name in names if name in step), None)
        return list(inner) if isinstance(inner, list) else []
    return [step]


def _pieces(
    value: dict[str, Any],
    tokens: list[str],
    merges: list[tuple[str, str]],
    added: dict[int, bool],
) -> bytes:
    """The merges were made from scores, best first: a piece's score is the place of its merge."""
    opens = _opens_with_space(value)
    scores: dict[str, float] = {}
    for rank, (left, right) in enumerate(merges):
        scores.setdefault(left + right, float(-rank))
    unknown = value["model"].get("unk_token")
    if unknown not in tokens[:3]:
        raise FormatError(f"its tokenizer has no token for the unknown: {_ADVICE}")
    texts = [(text, scores.get(text, 0.0 if len(text) == 1 else _UNREACHABLE)) for text in tokens]
    controls = {token for token, special in added.items() if special}
    pieces = typed(texts, unknown=tokens.index(unknown), controls=controls)
    return sentence_pieces(
        [
            piece._replace(type=PieceType.USER_DEFINED)
            if token in added and piece.type == PieceType.NORMAL
            else piece
            for token, piece in enumerate(pieces)
        ],
        unknown=tokens.index(unknown),
        begin=tokens.index("<s>") if "<s>" in tokens else None,
        end=tokens.index("</s>") if "</s>" in tokens else None,
        opens_with_space=opens,
    )


def _opens_with_space(value: dict[str, Any]) -> bool:
    """Whether a space is put in front, told by either of the two ways to say it.

    They differ for texts that begin with a space; as in SentencePiece itself, those get one more.
    """
    metaspace = {"type": "Metaspace", "replacement": _SPACE}
    prepend = {"type": "Prepend", "prepend": _SPACE}
    replaced = {"type": "Replace", "pattern": {"String": " "}, "content": _SPACE}
    normal = [step for step in _steps(value.get("normalizer")) if step is not None]
    cut = [step for step in _steps(value.get("pre_tokenizer")) if step is not None]
    if not cut and normal in ([prepend, replaced], [replaced]):
        return prepend in normal
    if not normal and len(cut) == 1 and isinstance(cut[0], dict):
        step = dict(cut[0])
        scheme = step.pop("prepend_scheme", "always")
        whole = step.pop("add_prefix_space", True) and not step.pop("split", False)
        if whole and step == metaspace and scheme in ("always", "first", "never"):
            return bool(scheme != "never")
    raise FormatError(
        f"its tokenizer cuts text by rules that this program does not know: {_ADVICE}"
    )
