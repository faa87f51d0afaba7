"""How fast the engine is on this machine, beside what the machine's memory allows."""

from quicktype.bench.result import Result
from quicktype.bench.runner import run

__all__ = ["Result", "run"]
