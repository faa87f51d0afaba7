"""What the benchmark asks of another program that runs the same weights."""

from __future__ import annotations

from typing import Protocol


class PeerError(RuntimeError):
    """A peer is missing or failed; the message is one line that says what to do."""


class Peer(Protocol):
    """Another program with the same weights."""

    name: str

    def turn(self, name: str, seed: int) -> list[float]:
        """The seconds that the repetitions of one turn of a work took (`quicktype.bench.work`).

        Empty if it cannot do this work. Raises PeerError.
        """
        ...

    def close(self) -> None:
        """End it."""
        ...


class Absent:
    """A peer that did not come up."""

    def __init__(self, name: str, reason: PeerError) -> None:
        self.name = name
        self._reason = reason

    def turn(self, name: str, seed: int) -> list[float]:
        """Raises what kept it away."""
        del name, seed
        raise self._reason

    def close(self) -> None:
        """There is nothing to end."""
