"""What is looked at on every machine, with a desktop or without."""

from quicktype.doctor.installation import benchmark, packages, training
from quicktype.doctor.machine import compiled_code, engine, new_process, weights
from quicktype.doctor.service import daemon, learning, socket

EXAMINATIONS = (
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
