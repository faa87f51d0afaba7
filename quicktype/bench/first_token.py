"""A process that loads a model, computes one token, and says how much memory it has."""

from __future__ import annotations

import json
import sys

from engine.checkpoint import load
from engine.model import Model
from engine.session import Session
from quicktype.daemon.figures import resident_mb


def main(path: str) -> None:
    """Prints {"memory_mb"} after the first token."""
    Session(Model(load(path))).prefill([1])
    print(json.dumps({"memory_mb": resident_mb()}))


if __name__ == "__main__":
    main(sys.argv[1])
