"""Ours and the peers, one turn after the other, so that a busy moment touches all of them alike."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from quicktype.bench.peers.peer import PeerError
from quicktype.bench.work import WORKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quicktype.bench.ours import Ours
    from quicktype.bench.peers.peer import Peer


class Turns:
    """What was measured so far.

    A ratio is between two turns, one straight after the other, with the same tokens: the median of
    the peer's times over the median of ours. A peer that fails is left out from then on.
    """

    def __init__(self, ours: Ours | Peer, peers: Sequence[Peer] = ()) -> None:
        self.seconds: dict[str, list[float]] = {name: [] for name in WORKS}
        """Ours, for each work: every time that was taken."""
        self.lost: list[str] = []
        """Why peers were left out, a line for each."""
        self._ours = ours
        self._ratios: dict[Peer, dict[str, list[float]]] = {
            peer: {name: [] for name in WORKS} for peer in peers
        }

    @property
    def peers(self) -> list[Peer]:
        """The peers that are still there."""
        return list(self._ratios)

    def warm_up(self) -> None:
        """A turn of everything that does not count."""
        for name in WORKS:
            self._ours.turn(name, seed=0)
            for peer in self.peers:
                self._peers_turn(peer, name, seed=0)

    def take(self, seed: int) -> None:
        """A turn of each work by everybody."""
        for name in WORKS:
            taken = self._ours.turn(name, seed)
            self.seconds[name] += taken
            for peer in self.peers:
                theirs = self._peers_turn(peer, name, seed)
                if theirs:
                    self._ratios[peer][name].append(median(theirs) / median(taken))

    def ratio(self, peer: Peer, name: str) -> float | None:
        """The median of a peer's ratios for a work: its time / our time. None if it cannot."""
        ratios = self._ratios[peer][name]
        return median(ratios) if ratios else None

    def _peers_turn(self, peer: Peer, name: str, seed: int) -> list[float]:
        try:
            return peer.turn(name, seed)
        except PeerError as error:
            self.lost.append(str(error))
            del self._ratios[peer]
            return []
