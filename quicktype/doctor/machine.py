"""The engine on this machine: instruction set, compiled code, weights, and what a start takes."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

from quicktype.doctor.check import Check, State
from quicktype.doctor.installation import checkout, reinstall

if TYPE_CHECKING:
    from pathlib import Path

    from engine.kernels.choice import Choice
    from quicktype.doctor.check import Notify

_STARTS = 3
_SLOW_START_S = 1.0
_MUCH_MEMORY_MB = 60.0
"""A new process with more than this beside its weights is worth a look."""


def engine(notify: Notify) -> Check:
    """Which instruction set the kernels use, and whether it is a good one."""
    from engine.kernels import library
    from engine.kernels.choice import choose
    from engine.simd.isa import IsaError, available

    try:
        choice = choose(notify)
        library.load(choice.isa, notify)
    except IsaError as error:
        return Check("engine", State.FAIL, str(error), "unset QUICKTYPE_ISA")
    except library.KernelError as error:
        return Check("engine", State.FAIL, str(error), reinstall())
    facts = {
        "isa": str(choice.isa),
        "decider": str(choice.decider),
        "times_ms": {str(isa): round(time, 3) for isa, time in choice.times.items()},
        "available": [str(isa) for isa in available()],
        "threads": os.environ.get("QUICKTYPE_THREADS", "1"),
    }
    state, advice, remedy = _judged(choice)
    if facts["threads"] != "1":
        advice += f"; QUICKTYPE_THREADS asks for {facts['threads']} threads"
    return Check("engine", state, _described(choice) + advice, remedy, facts)


def _judged(choice: Choice) -> tuple[State, str, str | None]:
    """Whether another instruction set would be faster, and how to get it."""
    from engine.kernels.choice import Decider
    from engine.simd.isa import Isa, candidates

    best = min(choice.times, key=choice.times.__getitem__, default=candidates()[0])
    if choice.decider is Decider.PERSON and choice.isa is not best:
        return State.WARN, f"; {best} is faster here", "unset QUICKTYPE_ISA"
    if choice.isa is Isa.GENERIC and _on_x86():
        return State.WARN, "; slow, for this processor has no AVX2", None
    return State.OK, "", None


def _on_x86() -> bool:
    from engine.simd import cpu

    return cpu.on_x86()


def _described(choice: Choice) -> str:
    times = ", ".join(f"{isa} {time:.2f} ms" for isa, time in choice.times.items())
    return f"{choice.isa}, chosen by {choice.decider}" + (f" ({times})" if times else "")


def compiled_code(_notify: Notify) -> Check:
    """Whether compiled code is kept, and loaded in the way that takes little memory."""
    from engine.kernels import library, shelf
    from engine.kernels.choice import known

    folder, choice = shelf.cache_folder(), known()
    path = library.kept_at(choice.isa) if choice else None
    if path is None and shelf.keeps():
        return Check(
            "compiled code", State.WARN, "the engine is not compiled yet", "quicktype start"
        )
    if path is None:
        found = f"nothing can be kept in {folder}: each process compiles for itself"
        return Check("compiled code", State.WARN, found, _make_usable(folder))
    size = sum(file.stat().st_size for file in path.parent.glob("kernels-*"))
    facts = {"path": str(path), "folder_bytes": size}
    found = f"{path} ({size / 1e6:.1f} MB there)"
    if path.parent != folder:
        found = f"kept in {path.parent} until logging out, for {folder} is not usable"
        return Check("compiled code", State.WARN, found, _make_usable(folder), facts)
    if path.suffix != ".so" and sys.platform.startswith("linux"):
        return Check(
            "compiled code", State.WARN, f"{found}; loaded by LLVM, in 40 MB more", None, facts
        )
    return Check("compiled code", State.OK, found, facts=facts)


def _make_usable(folder: Path) -> str:
    """The command after which compiled code can be kept in a folder."""
    name = shlex.quote(str(folder))
    if folder.is_dir() and folder.stat().st_uid == os.getuid():
        return f"chmod 700 {name}"
    if folder.exists():
        return f"mv {name} {name}.old"
    return f"mkdir -p {name}"


def weights(_notify: Notify) -> Check:
    """Whether the weights are there and whole."""
    from engine.checkpoint import CheckpointError, load
    from quicktype.model_files import ModelNotFoundError, find_model

    try:
        path = find_model(None)
        checkpoint = load(path)
    except (CheckpointError, ModelNotFoundError) as error:
        return Check("weights", State.FAIL, str(error), _other_weights())
    size, parameters = path.stat().st_size, checkpoint.config.parameters
    facts = {
        "path": str(path),
        "name": checkpoint.name,
        "bytes": size,
        "parameters": parameters,
    }
    found = f"{checkpoint.name}, {parameters / 1e6:.1f} million weights in {size / 1e6:.1f} MB, "
    return Check("weights", State.OK, f"{found}checksum right: {path}", facts=facts)


def _other_weights() -> str:
    if os.environ.get("QUICKTYPE_MODEL"):
        return "unset QUICKTYPE_MODEL"
    if (checkout() / ".git").exists():
        return f"git -C {shlex.quote(str(checkout()))} checkout -- models"
    return reinstall()


def new_process(_notify: Notify) -> Check:
    """What a new process takes to its first token."""
    from quicktype.bench.start import StartError, measure
    from quicktype.model_files import find_model

    path = find_model(None)
    try:
        started = measure(path, _STARTS)
    except StartError as error:
        return Check("new process", State.FAIL, str(error), reinstall())
    mapped = path.stat().st_size / 2**20
    much = started.memory_mb > mapped + _MUCH_MEMORY_MB
    state = State.WARN if much or started.seconds > _SLOW_START_S else State.OK
    facts = {"start_s": round(started.seconds, 3), "memory_mb": started.memory_mb}
    found = (
        f"first token after {started.seconds:.2f} s, {started.memory_mb:.0f} MB, "
        f"of which the weights are {mapped:.0f}"
    )
    return Check("new process", state, found, facts=facts)
