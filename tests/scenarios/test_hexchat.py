"""The script for HexChat, run by a stand-in for HexChat, tells a daemon what is said."""

from __future__ import annotations

import runpy
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.fake_daemon import ThreadedDaemon, threaded_daemon

SCRIPT = Path(__file__).parents[2] / "examples" / "hexchat_quicktype.py"


class FakeHexChat(ModuleType):
    """What the script uses of HexChat's module."""

    def __init__(self) -> None:
        super().__init__("hexchat")
        self.hooks: dict[str, Callable[[list[str], list[str], object], object]] = {}
        self.info = {"channel": "#tea", "network": "Libera", "nick": "ana_"}

    def get_info(self, name: str) -> str | None:
        return self.info.get(name)

    def hook_print(self, name: str, hook: Any) -> None:
        self.hooks[name] = hook

    def happens(self, name: str, *words: str) -> None:
        assert self.hooks[name](list(words), [], None) is None  # HexChat goes on as usual


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="qt-") as folder:
        path = Path(folder) / "daemon.sock"
        monkeypatch.setenv("QUICKTYPE_SOCKET", str(path))
        yield path


@pytest.fixture
def hexchat(place: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHexChat:
    module = FakeHexChat()
    monkeypatch.setitem(sys.modules, "hexchat", module)
    runpy.run_path(str(SCRIPT))
    return module


def asked(daemon: ThreadedDaemon) -> tuple[list[tuple[str, str]], str]:
    """What the daemon makes of a question that comes without a conversation."""
    with daemon.peer() as peer:
        peer.complete(1, "see you tom", conversation=[], app="hexchat")
        peer.last_word(1)
    request = daemon.completer.requests[-1]
    return [(turn.speaker, turn.text) for turn in request.conversation.turns], request.speaker


def test_what_is_said_in_the_channel_in_front_is_what_the_daemon_knows(
    place: Path, hexchat: FakeHexChat
) -> None:
    with threaded_daemon(place) as daemon:
        hexchat.happens("Channel Message", "\x0304Cleo\x0f", "tea \x02or\x02 coffee?", "@")
        hexchat.happens("Your Message", "ana_", "tea")
        tea = [("Cleo", "tea or coffee?"), ("ana_", "tea")]
        assert asked(daemon) == (tea, "ana_")
        hexchat.info["channel"] = "Ben"
        hexchat.happens("Private Message to Dialog", "Ben", "when?")
        assert asked(daemon) == ([("Ben", "when?")], "ana_")
        hexchat.info["channel"] = "#tea"
        hexchat.happens("Focus Tab")
        assert asked(daemon) == (tea, "ana_")


def test_without_a_daemon_nobody_is_disturbed(hexchat: FakeHexChat) -> None:
    hexchat.happens("Channel Message", "Cleo", "tea?")
    hexchat.happens("Focus Tab")
