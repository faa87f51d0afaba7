"""docs/protocol.md says what the daemon does: its conversation is held, its client is run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quicktype import protocol
from quicktype.completer import Reason
from quicktype.daemon import worker
from quicktype.daemon.observed import CONVERSATIONS, TURNS
from quicktype.daemon.server import MAX_CLIENTS
from quicktype.protocol import Code, client_messages, server_messages
from quicktype.trigger import Suppression
from tests.support.fake_daemon import threaded_daemon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.fake_daemon import ThreadedDaemon

PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")
MESSAGES = [
    kind
    for module in (client_messages, server_messages)
    for kind in vars(module).values()
    if is_dataclass(kind) and hasattr(kind, "kind")
]
SAID_LITERALLY = ("type", "id", "reason", "suppression", "code", "message", "protocol")
WITHIN_DAEMON_ONLY = {"what", "name"}  # of Forget, which the wire spells as one of four fields


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[ThreadedDaemon]:
    with threaded_daemon(tmp_path / "run" / "daemon.sock") as running:
        yield running


def code_block(language: str) -> str:
    (block,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(block)


def shape(value: Any) -> Any:
    """What can be told of a value without its figures."""
    match value:
        case dict():
            return {name: shape(inner) for name, inner in value.items()}
        case list():
            return [shape(inner) for inner in value[:1]]
        case bool() | None:
            return value
        case int() | float():
            return "number"
        case _:
            return "text"


def test_the_daemon_answers_as_the_page_says(daemon: ThreadedDaemon) -> None:
    heard = 0
    with daemon.peer() as peer:
        for line in code_block("transcript").splitlines():
            direction, content = line[:2], line[2:]
            if direction == "> ":
                peer.send(content.encode() + b"\n")
                continue
            expected, answer = json.loads(content), peer.hear()
            heard += 1
            assert shape(answer) == shape(expected), content
            for name in SAID_LITERALLY:
                assert answer.get(name) == expected.get(name), content
        assert peer.rest() == []
    assert heard > 15


def test_the_conversation_shows_every_message() -> None:
    said = [json.loads(line[2:]) for line in code_block("transcript").splitlines() if "{" in line]
    shown = {line["type"] for line in said}
    assert {kind.kind for kind in MESSAGES} - shown == {"cancel"}


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
def test_every_message_and_every_field_is_on_the_page(kind: Any) -> None:
    headings = " ".join(re.findall(r"^### (.*)$", PAGE, re.MULTILINE))
    assert f"`{kind.kind}`" in headings
    names = {field.name for field in fields(kind)} - WITHIN_DAEMON_ONLY
    assert [name for name in names if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize("values", [Code, Reason, Suppression], ids=lambda kind: kind.__name__)
def test_every_code_and_reason_is_on_the_page(values: Any) -> None:
    assert [value for value in values if f"`{value}`" not in PAGE] == []


def test_the_numbers_on_the_page_are_those_of_the_code() -> None:
    for words in (
        f"{protocol.MAX_LINE:,} bytes",
        f"At most {MAX_CLIENTS} clients",
        f"{CONVERSATIONS} conversations, the newest {TURNS} messages",
        f"more than {worker.QUEUE} requests",
        f"1 to {client_messages.MAX_CANDIDATES}",
        f"1 to {client_messages.MAX_WORDS}",
    ):
        assert words in PAGE.replace("\n", " ")


def test_the_client_on_the_page_works(daemon: ThreadedDaemon) -> None:
    client = code_block("python")
    assert len(client.splitlines()) <= 25
    done = subprocess.run(
        [sys.executable, "-P", "-c", client],
        env=os.environ | {"QUICKTYPE_SOCKET": str(daemon.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines()[-1].split()[0] == "done"
    assert "orrow at noon" in done.stdout
