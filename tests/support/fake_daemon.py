"""A daemon with the fake completer, in a thread or as a process: `python -m` this with a path."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from quicktype.daemon import Loaded, SocketError, serve
from tests.support.fake_completer import HANG_S, INFO, FakeCompleter, load

Line = dict[str, Any]
LISTENING = "listening"
_ROOT = Path(__file__).parents[2]


class Peer:
    """A client that can say anything, right or wrong."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(HANG_S)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self._lines = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self.socket.close()

    def say(self, kind: str, **fields: Any) -> None:
        self.send(json.dumps({"type": kind, **fields}).encode() + b"\n")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def complete(self, name: int | str, before: str, **fields: Any) -> None:
        self.say("complete", **completion(name, before, **fields))

    def hear(self) -> Line:
        """The next line; fails when the daemon has closed the connection."""
        line = self._lines.readline()
        assert line, "the daemon closed the connection"
        found: Line = json.loads(line)
        return found

    def last_word(self, name: int | str) -> Line:
        """The `done` or `error` of a request; what comes before may be its suggestions only."""
        while True:
            line = self.hear()
            assert line.get("id") == name, line
            if line["type"] != "suggestions":
                return line

    def rest(self) -> list[Line]:
        """All that comes until the daemon closes the connection."""
        heard = []
        with suppress(ConnectionResetError):  # it closed without reading what we said
            for line in self._lines:
                heard.append(json.loads(line))  # noqa: PERF401 - kept when the connection breaks
        return heard

    def still_served(self) -> bool:
        """Whether a question is answered; nothing else may be under way."""
        self.say("status", id="alive?")
        return bool(self.hear()["id"] == "alive?")


def completion(name: int | str, before: str, **fields: Any) -> Line:
    """The fields of a completion in a small conversation."""
    conversation = [{"speaker": "Ana", "text": "see you tomorrow?"}]
    asked = {"id": name, "speaker": "Ben", "draft": {"before": before, "after": ""}}
    known = {} if "conversation_id" in fields else {"conversation": conversation}
    return {**asked, **known, **fields}


class ThreadedDaemon:
    """A daemon in a thread of the test, whose completers the test can look into."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.completers: list[FakeCompleter] = []
        self.failure: Exception | None = None
        """What the next load raises."""

    @property
    def completer(self) -> FakeCompleter:
        """The one that was loaded last."""
        return self.completers[-1]

    def peer(self) -> Peer:
        """A new client."""
        return Peer(self.path)

    def load(self) -> Loaded:
        if self.failure is not None:
            raise self.failure
        self.completers.append(FakeCompleter())
        return Loaded(self.completer, INFO)


@contextmanager
def threaded_daemon(path: Path) -> Iterator[ThreadedDaemon]:
    """A daemon that runs until the block ends, or until it is shut down."""
    daemon = ThreadedDaemon(path)
    ready = threading.Event()
    thread = threading.Thread(target=serve, args=(path, daemon.load, lambda _: ready.set()))
    thread.start()
    try:
        assert ready.wait(HANG_S)
        yield daemon
    finally:
        for completer in daemon.completers:
            completer.permit.release(1000)
        with suppress(OSError), daemon.peer() as peer:  # it may be ending already
            peer.say("shutdown")
            peer.rest()
        thread.join(HANG_S)
        assert not thread.is_alive()
        assert not path.exists()


@contextmanager
def daemon_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A daemon in a process of its own; whoever starts it reads what it says at its end."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.support.fake_daemon", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == LISTENING
        yield process
    finally:
        process.kill()
        process.communicate(timeout=HANG_S)


def main(path: Path, load: Callable[[], Loaded] = load) -> int:
    """Serves until told to stop."""
    logging.basicConfig(level=logging.DEBUG)
    try:
        serve(path, load, lambda _: print(LISTENING, flush=True))
    except SocketError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
