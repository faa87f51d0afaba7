"""llama2.c's ``run`` (float32) and ``runq`` (int8), by the rate that they report themselves."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from engine.formats import FormatError, write_llama2c
from engine.formats.llama2c.writer import TOKENIZER
from quicktype.bench.peers.peer import PeerError
from quicktype.bench.work import CACHED, CHAIN

if TYPE_CHECKING:
    from pathlib import Path

    from engine.checkpoint import Checkpoint

_TOKENS = 2 * CACHED + CHAIN
"""From an empty cache, so that the average token has as many before it as in our decode."""
_VERSIONS = {0: "float32", 2: "int8"}
_RATE = re.compile(r"achieved tok/s: ([0-9.]+)")


class Llama2c:
    """One of llama2.c's programs, which can only decode; each turn is a process of its own."""

    def __init__(
        self, program: Path, checkpoint: Checkpoint, folder: Path, threads: int = 1
    ) -> None:
        """Finds out which of the formats it reads; raises PeerError."""
        self._program = program.resolve()
        self._threads = threads
        refusals = []
        for version, kind in _VERSIONS.items():
            self._model = folder / f"llama2c-{version}.bin"
            self.name = f"llama2.c {program.name} {kind}"
            try:
                write_llama2c(self._model, checkpoint, version)
            except FormatError as error:
                raise PeerError(str(error)) from error
            try:
                self._rate(tokens=CHAIN)
            except PeerError as error:
                refusals.append(str(error))
            else:
                return
        raise PeerError("; ".join(refusals))

    def turn(self, work: str, seed: int) -> list[float]:
        """The seconds a token of its greedy text; the tokens are its own, so no `seed` is used."""
        del seed
        return [1 / self._rate(_TOKENS)] if work == "decode" else []

    def close(self) -> None:
        """Nothing runs between turns."""

    def _rate(self, tokens: int) -> float:
        """Tokens per second; the time before the first token does not count."""
        tokenizer = self._model.with_name(TOKENIZER)
        arguments = ["-z", str(tokenizer), "-t", "0", "-n", str(tokens)]
        try:
            done = subprocess.run(  # noqa: S603 - the program that the user named
                [str(self._program), str(self._model), *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                env={**os.environ, "OMP_NUM_THREADS": str(self._threads)},
                check=False,
            )
        except OSError as error:
            raise PeerError(f"{self._program} cannot be started: {error.strerror}") from error
        found = _RATE.search(done.stderr)
        if done.returncode or found is None or not float(found[1]):
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise PeerError(f"{self.name} gave no rate (exit code {done.returncode}): {last}")
        return float(found[1])
