"""Which instruction set the model runs with: the one named, else the fastest one measured here.

Measuring takes a second, once all candidates are compiled. The times are kept beside the compiled
code (`engine.kernels.shelf`), under a name made of everything that they depend on.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from engine.kernels import library, shelf
from engine.kernels.library import KernelError
from engine.simd import isa as instruction_sets
from engine.simd.isa import VARIABLE, Isa

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LOG = logging.getLogger(__name__)


class Decider(StrEnum):
    """Who decided."""

    PERSON = VARIABLE
    """The environment variable."""
    LACK = "nothing else"
    """No other instruction set could be the fastest on this machine."""
    MEASUREMENT = "measurement"
    RANK = "rank"
    """Usually it is the fastest; here nothing was measured, for lack of a place to keep it."""


class Choice(NamedTuple):
    """An instruction set, and why it."""

    isa: Isa
    decider: Decider
    times: Mapping[Isa, float]
    """Milliseconds that each candidate took for the same work; empty if that is not known."""


def choose(notify: Callable[[str], None] = _LOG.info) -> Choice:
    """The instruction set to run with; measures if that was never done on this machine.

    `notify` is given one line when something is compiled. Raises IsaError for a QUICKTYPE_ISA that
    this machine does not have, and KernelError.
    """
    return known() or _measured_in_turn(notify)


def known() -> Choice | None:
    """The choice, as far as it takes no measuring; raises IsaError and KernelError."""
    candidates = instruction_sets.candidates()
    named = instruction_sets.named()
    times = _kept(candidates)
    if named is not None:
        return Choice(named, Decider.PERSON, times)
    if len(candidates) == 1:
        return Choice(candidates[0], Decider.LACK, {})
    if times:
        return Choice(min(times, key=times.__getitem__), Decider.MEASUREMENT, times)
    return None if shelf.keeps() else Choice(candidates[0], Decider.RANK, {})


def _measured_in_turn(notify: Callable[[str], None]) -> Choice:
    """The choice that another process is about to make, or else our own."""
    candidates = instruction_sets.candidates()
    with shelf.turn():
        if found := known():
            return found
        library.prepare(candidates, notify)
        try:
            times = _measure(candidates)
        except KernelError as error:
            _LOG.warning("%s", error)
            return Choice(candidates[0], Decider.RANK, {})
        shelf.write(_name(candidates), json.dumps(times).encode())
    return Choice(min(times, key=times.__getitem__), Decider.MEASUREMENT, times)


def _name(candidates: Sequence[Isa]) -> str:
    """What the times are kept under."""
    keys = "".join(library.key(isa) for isa in candidates)
    return f"choice-{hashlib.sha256(keys.encode()).hexdigest()[:24]}"


def _kept(candidates: Sequence[Isa]) -> dict[Isa, float]:
    """The times that an earlier process has measured, if any."""
    found = shelf.read(_name(candidates)) if len(candidates) > 1 else None
    return _times(found[0], candidates) if found else {}


def _measure(candidates: Sequence[Isa]) -> dict[Isa, float]:
    """Let the candidates compete, in a child process; raises KernelError."""
    from engine.kernels import making  # noqa: PLC0415 - only a first start measures

    program = "engine.kernels.contest"
    output = making.run_child(program, candidates[0], *candidates, purpose="measured")
    times = _times(output, candidates)
    if not times:
        raise KernelError("the engine could not be measured: no times came back")
    return times


def _times(content: bytes, candidates: Sequence[Isa]) -> dict[Isa, float]:
    """Times as they are kept; empty if they are not those of these candidates."""
    try:
        found = {Isa(name): float(time) for name, time in json.loads(content).items()}
    except (ValueError, TypeError, AttributeError):
        return {}
    sensible = all(0 < time < math.inf for time in found.values())
    return found if sensible and found.keys() == set(candidates) else {}
