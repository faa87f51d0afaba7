"""Conversations on disk: the source files, the train/validation split, and the working corpus.

A source is ``NAME.jsonl.xz`` (or ``.jsonl``): one conversation a line, ``{"source", "id", "turns":
[{"speaker", "text"}]}``. `prepare` copies what a recipe uses into one folder, split for ever by a
hash of the conversation's id, so that no run can train on what another one validates with.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any

from quicktype.conversation import Conversation, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from training.recipe import DataRecipe

VALIDATION_SHARE = 50  # one conversation in fifty


class CorpusError(ValueError):
    """A source is missing or is not what it should be."""


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation of a source."""

    source: str
    id: str
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class SourceCount:
    """What `prepare` took from one source."""

    source: str
    train: int
    validation: int
    characters: int
    duplicates: int


def is_held_out(source: str, chat_id: str) -> bool:
    """Whether a conversation validates; all segments of one (`ID#N`) fall on the same side."""
    prefix = chat_id.partition("#")[0]
    digest = hashlib.sha256(f"{source}/{prefix}".encode()).hexdigest()
    return int(digest, 16) % VALIDATION_SHARE == 0


def parse_chat(line: str, where: str) -> Chat:
    """One line of a source; raises CorpusError that says where it stands."""
    try:
        value = json.loads(line)
        turns = tuple(Turn(str(t["speaker"]), str(t["text"]).strip()) for t in value["turns"])
        return Chat(str(value["source"]), str(value["id"]), Conversation(turns))
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{where} is not a conversation: {error!r}") from error


def read_chats(path: Path) -> Iterator[Chat]:
    """The conversations of one file, without empty messages.

    Raises:
        CorpusError: the file cannot be read, is cut off, or a line is not a conversation.
    """
    try:
        with _open_text(path) as lines:
            for number, line in enumerate(lines, 1):
                chat = parse_chat(line, f"{path.name}, line {number},")
                turns = tuple(turn for turn in chat.conversation.turns if turn.text)
                if turns:
                    yield Chat(chat.source, chat.id, Conversation(turns))
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise CorpusError(f"cannot read {path}: {error}") from error


def _open_text(path: Path) -> IO[str]:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def source_file(folder: Path, source: str) -> Path:
    """Where a source lies; raises CorpusError when it is not there."""
    for suffix in (".jsonl.xz", ".jsonl"):
        path = folder / f"{source}{suffix}"
        if path.exists():
            return path
    raise CorpusError(f"{folder} holds no {source}.jsonl.xz; name the folder of the conversations")


def prepare(
    folder: Path, recipe: DataRecipe, out: Path, progress: Callable[[str], None]
) -> list[SourceCount]:
    """Copies what the recipe uses to ``out/train.jsonl`` and ``out/validation.jsonl``.

    Conversations that occur twice, in one source or in two, are taken once. `progress` is told
    each source's name before it is read.
    """
    out.mkdir(parents=True, exist_ok=True)
    paths = {source: source_file(folder, source) for source in recipe.weights}
    seen: set[bytes] = set()
    counts = []
    with ExitStack() as stack:
        files = [
            stack.enter_context((out / f"{name}.jsonl.part").open("w", encoding="utf-8"))
            for name in ("train", "validation")
        ]
        for source, path in paths.items():
            progress(source)
            counts.append(_copy(source, path, recipe.characters_per_source, seen, files))
    for name in ("train", "validation"):
        (out / f"{name}.jsonl.part").replace(out / f"{name}.jsonl")
    return counts


def _copy(
    source: str, path: Path, limit: int, seen: set[bytes], files: Sequence[IO[str]]
) -> SourceCount:
    count: Counter[str] = Counter()
    for chat in read_chats(path):
        text = "\n".join(turn.text for turn in chat.conversation.turns)
        key = hashlib.sha256(text.encode()).digest()[:16]
        if key in seen:
            count["duplicates"] += 1
            continue
        seen.add(key)
        held_out = is_held_out(source, chat.id)
        count["validation" if held_out else "train"] += 1
        count["characters"] += len(text)
        files[held_out].write(json.dumps(_as_json(source, chat), ensure_ascii=False) + "\n")
        if count["characters"] >= limit:
            break
    return SourceCount(
        source, count["train"], count["validation"], count["characters"], count["duplicates"]
    )


def _as_json(source: str, chat: Chat) -> dict[str, Any]:
    turns = [asdict(turn) for turn in chat.conversation.turns]
    return {"source": source, "id": chat.id, "turns": turns}
