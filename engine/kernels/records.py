"""Reading the named tuples of `plan` inside a kernel."""

from __future__ import annotations

from typing import Any

from engine.compiler import operation
from engine.kernels.plan import Layer, Plan
from engine.simd import emit
from engine.simd.vectors import ADDRESS, INTEGER


def _reader(record: type[Plan | Layer]) -> Any:
    """The operation that loads a `record` of 64-bit integers from an address."""
    count = len(record._fields)

    @operation(record(*[INTEGER] * count), ADDRESS)
    def read(builder: Any, address: Any) -> Any:
        places = [emit.offset(builder, address, 8 * number) for number in range(count)]
        return record(*(emit.load(builder, place, INTEGER, 8) for place in places))

    return read


read_plan = _reader(Plan)
read_layer = _reader(Layer)
