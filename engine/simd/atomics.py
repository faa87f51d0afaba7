"""What threads tell each other by: 64-bit words that several of them read and write.

Whoever finds a word as another thread has left it finds all that this thread had written before.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from engine.simd import cpu, emit
from engine.simd.jit import operation
from engine.simd.vectors import ADDRESS, NOTHING


def _word_at(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, emit.I64.as_pointer())


@operation(ADDRESS, ADDRESS)
def load_word(builder: Any, address: Any) -> Any:
    """The word at `address`."""
    return builder.load_atomic(_word_at(builder, address), "acquire", 8)


@operation(NOTHING, ADDRESS, ADDRESS)
def store_word(builder: Any, address: Any, value: Any) -> None:
    """Put a word at `address`."""
    builder.store_atomic(value, _word_at(builder, address), "release", 8)


@operation(ADDRESS, ADDRESS, ADDRESS, ADDRESS)
def replace_word(builder: Any, address: Any, expected: Any, value: Any) -> Any:
    """Put `value` at `address` if `expected` lies there, all at once; gives what lay there."""
    place = _word_at(builder, address)
    return builder.extract_value(builder.cmpxchg(place, expected, value, "acq_rel", "acquire"), 0)


@operation(NOTHING)
def pause(builder: Any) -> None:
    """Tell the processor that this thread merely waits, if it has an instruction for that."""
    if cpu.on_x86():
        emit.call(builder, "llvm.x86.sse2.pause", ir.VoidType(), [])


@operation(NOTHING, ADDRESS)
def call_function(builder: Any, address: Any) -> None:
    """Call the C function ``int name(void)`` at `address`."""
    builder.call(builder.inttoptr(address, ir.FunctionType(emit.I32, []).as_pointer()), [])
