"""A daemon that has a pipe instead of a socket, on an event loop that plays Windows' pipes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from quicktype import pipes
from quicktype.daemon import place
from tests.support.fake_daemon import Peer, threaded_daemon


def test_clients_of_a_pipe_are_served_as_those_of_a_socket(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def start_serving_pipe(loop: Any, streams: Any, name: str) -> list[Any]:
        asked.append(name)
        return [await loop.create_unix_server(streams, path)]

    monkeypatch.setattr(
        asyncio.SelectorEventLoop, "start_serving_pipe", start_serving_pipe, raising=False
    )
    monkeypatch.setattr(place, "sys", SimpleNamespace(platform="win32"))
    with threaded_daemon(path), Peer(path) as peer:
        assert peer.still_served()
        peer.complete("q", "see you tomo")
        assert peer.last_word("q")["type"] == "done"
        peer.say("shutdown")
        peer.rest()
        path.unlink()  # the stand-in's: a pipe leaves nothing behind
    assert asked == [pipes.name_of(path)]


def test_a_second_daemon_is_refused_there_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "sys", SimpleNamespace(platform="win32"))
    with place.claimed(path) as listening:
        assert listening is None
        with pytest.raises(place.SocketError, match="already listens"), place.claimed(path):
            raise AssertionError("never here")
    assert not path.exists()
