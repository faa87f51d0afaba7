"""How fast the engine is on this machine, beside what the machine's memory allows."""

from quicktype.bench.measure import Result, run

__all__ = ["Result", "run"]
