"""What works on this machine, and what to do about what does not.

A check is a function that looks at one thing and gives a `Check`; it is told a function for lines
that a person should see while it takes its time.
"""

from quicktype.doctor.check import Check, State, examine
from quicktype.doctor.installation import benchmark, packages, training
from quicktype.doctor.machine import compiled_code, engine, new_process, weights
from quicktype.doctor.service import daemon, learning, socket

CHECKS = (
    packages,
    engine,
    compiled_code,
    weights,
    new_process,
    socket,
    daemon,
    learning,
    training,
    benchmark,
)
"""All of them, in the order in which one thing needs another."""

__all__ = ["CHECKS", "Check", "State", "examine"]
