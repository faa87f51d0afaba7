"""Reading the named tuples of `plan` inside a kernel."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from engine.kernels.plan import Layer, Plan


def _reader(record: type[Plan | Layer]) -> Any:
    """The operation that loads a `record` of 64-bit integers from an address."""
    count = len(record._fields)
    named_tuple: Any = types.NamedUniTuple
    result = named_tuple(types.int64, count, record)

    def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        integer = ir.IntType(64)
        start = builder.inttoptr(values[0], integer.as_pointer())
        fields = [
            builder.load(builder.gep(start, [ir.Constant(integer, number)]))
            for number in range(count)
        ]
        return context.make_tuple(builder, result, fields)

    def read(_typing_context: Any, _address: Any) -> Any:
        return result(types.int64), generate

    return intrinsic(read)


read_plan = _reader(Plan)
read_layer = _reader(Layer)
