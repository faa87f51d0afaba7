"""Reading the named tuples of `plan` inside a kernel."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from engine.kernels.plan import Layer, Plan
from engine.simd import emit
from engine.simd.jit import operation
from engine.simd.vectors import ADDRESS


def _reader(record: type[Plan | Layer]) -> Any:
    """The operation that loads a `record` of 64-bit integers from an address."""
    fields = ir.ArrayType(emit.I64, len(record._fields))

    @operation(record, ADDRESS)
    def read(builder: Any, address: Any) -> Any:
        return emit.load(builder, address, fields, 8)

    return read


read_plan = _reader(Plan)
read_layer = _reader(Layer)
