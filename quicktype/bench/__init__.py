"""How fast the engine is on this machine, beside what the machine's memory allows."""

from quicktype.bench.result import PeerResult, Result
from quicktype.bench.runner import run

__all__ = ["PeerResult", "Result", "run"]
