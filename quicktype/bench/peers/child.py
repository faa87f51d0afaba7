"""A peer in a process of its own, so that it may die without taking the benchmark along.

Parent and child speak in lines of JSON. The child says ``{}`` when it is ready; then each line
``{"work": ..., "seed": ...}`` is answered with ``{"seconds": [...]}``. A child that fails says
``{"error": ...}`` and ends. One of them works while the other waits.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, cast

from quicktype.bench.peers.peer import PeerError

if TYPE_CHECKING:
    from collections.abc import Sequence

Turns = Callable[[str, int], list[float]]
"""Does one turn of a work, by name and seed: the seconds that its repetitions took."""


class Child:
    """A peer that a child process runs; a module of ours with `serve`."""

    def __init__(self, name: str, module: str, arguments: Sequence[str]) -> None:
        """Raises PeerError when it does not come up."""
        self.name = name
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed with the child)
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        try:
            self._answer()
        except BaseException:
            self.close()
            raise

    def turn(self, name: str, seed: int) -> list[float]:
        """One turn of a work; raises PeerError."""
        questions = cast("IO[str]", self._process.stdin)
        try:
            questions.write(json.dumps({"work": name, "seed": seed}) + "\n")
            questions.flush()
        except BrokenPipeError:
            raise self._dead() from None
        seconds: list[float] = self._answer()["seconds"]
        return seconds

    def close(self) -> None:
        """End the child."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _answer(self) -> dict[str, Any]:
        line = cast("IO[str]", self._process.stdout).readline()
        if not line:
            raise self._dead()
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PeerError(f"{self.name}: {answer['error']}")
        return answer

    def _dead(self) -> PeerError:
        code = self._process.wait()
        self._errors.seek(0)
        last = (self._errors.read().strip().splitlines() or ["no message"])[-1]
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return PeerError(f"{self.name} died ({how}): {last}")


def serve(start: Callable[[], Turns]) -> None:
    """The child's side: `start` the program, then do the turns that the parent asks for."""
    try:
        turns = start()
        _say({})
        for line in sys.stdin:
            asked = json.loads(line)
            _say({"seconds": turns(asked["work"], asked["seed"])})
    except Exception as error:  # noqa: BLE001 - the parent reports it, whatever it is
        _say({"error": f"{error}" or type(error).__name__})
        sys.exit(1)


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
