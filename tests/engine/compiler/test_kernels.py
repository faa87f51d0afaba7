"""Compiled kernels do what Python does with the same lines."""

from __future__ import annotations

import types
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compiler import Kernel, kernel, operation
from engine.compiler.values import INTEGER, SINGLE
from engine.simd.vectors import load_single
from tests.support.compiled import compiled

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = st.integers(-(1 << 31), 1 << 31)
DIVISORS = NUMBERS.filter(bool)
SINGLES = st.floats(allow_nan=False, width=32)
YES, NO = True, False
some = settings(max_examples=50, deadline=None)


@operation(None, INTEGER, INTEGER)
def put(builder: Any, place: Any, number: Any) -> None:
    """Write an integer at an address."""
    builder.store(number, builder.inttoptr(place, INTEGER.as_pointer()))


@operation(None, INTEGER, SINGLE)
def put_single(builder: Any, place: Any, number: Any) -> None:
    """Write a single at an address."""
    builder.store(number, builder.inttoptr(place, SINGLE.as_pointer()))


@cache
def machine_code(function: Callable[..., None]) -> Callable[..., None]:
    return compiled(kernel(function), function.__code__.co_argcount)


def by_machine(function: Callable[..., None], *values: int) -> list[int]:
    """What the compiled function puts; its last argument is where."""
    out = np.zeros(32, np.int64)
    machine_code(function)(*values, out.ctypes.data)
    return [int(number) for number in out]


def by_python(function: Callable[..., None], *values: int) -> list[int]:
    """What Python puts when it runs the same lines."""
    out = [0] * 32

    def put_here(place: int, number: int) -> None:
        out[place // 8] = int(number)

    scope = {**function.__globals__, "put": put_here}
    closure = function.__closure__
    types.FunctionType(function.__code__, scope, closure=closure)(*values, 0)
    return out


def arithmetic(a: int, b: int, out: int) -> None:
    put(out, a + b - 3 * a)
    put(out + 8, a * 7 + (b << 3))
    put(out + 16, a >> 5)
    put(out + 24, (a & b) + (a | 12) + (a ^ b))
    put(out + 32, -a)
    put(out + 40, min(a, b) - max(a, 5))
    put(out + 48, 2 * 3 + 10 // 3 - 7 % 4 + (1 << 4))


@some
@given(NUMBERS, NUMBERS)
def test_integers_add_multiply_shift_and_mask(a: int, b: int) -> None:
    assert by_machine(arithmetic, a, b) == by_python(arithmetic, a, b)


def division(a: int, b: int, out: int) -> None:
    put(out, a // b)
    put(out + 8, a % b)
    put(out + 16, a // 16)
    put(out + 24, a % 16)
    put(out + 32, a // 7)
    put(out + 40, a % -7)
    put(out + 48, 1000 // b)


@some
@given(NUMBERS, DIVISORS)
def test_division_rounds_down_and_remainders_have_the_divisors_sign(a: int, b: int) -> None:
    assert by_machine(division, a, b) == by_python(division, a, b)


def comparisons(a: int, b: int, out: int) -> None:
    put(out, 1 if a < b else 2)
    put(out + 8, 1 if a <= b else 2)
    put(out + 16, 1 if a > b else 2)
    put(out + 24, 1 if a >= b else 2)
    put(out + 32, 1 if a == b else 2)
    put(out + 40, 1 if a != b else 2)
    put(out + 48, 1 if not a else 2)
    put(out + 56, 1 if a and not b < 3 else 2)
    put(out + 64, 1 if a == 1 or b == 2 or a > b else 2)
    put(out + 72, 1 if YES and a == 3 else 2)
    put(out + 80, 1 if NO and a == 3 else 2)
    put(out + 88, 1 if YES or a == 3 else 2)


@some
@given(st.integers(-2, 4), st.integers(-2, 4))
def test_conditions_are_joined_as_in_python(a: int, b: int) -> None:
    assert by_machine(comparisons, a, b) == by_python(comparisons, a, b)


def short_circuits(a: int, nowhere: int, out: int) -> None:
    put(out, 1 if a > 0 and load_single(nowhere) > np.float32(0.0) else 2)
    put(out + 8, 1 if a <= 0 or load_single(nowhere) > np.float32(0.0) else 2)


def test_what_is_decided_already_is_not_computed() -> None:
    """The other condition would read where nothing lies, and end the process."""
    assert by_machine(short_circuits, 0, 0)[:2] == [2, 1]


def loops(a: int, b: int, out: int) -> None:
    total = 0
    last = -1
    for number in range(a):
        total += number
        last = number
        number = 0  # noqa: PLW2901 - the loop goes on all the same
    put(out, total)
    put(out + 8, last)
    for i in range(a, b, 3):
        for j in range(i, b):
            if j % 2 == 0:
                total += i * j
            elif j % 3 == 0:
                total -= j
            else:
                total ^= j
    put(out + 16, total)
    while a < b and total != 5:
        a += 2
        total = a
    put(out + 24, a)


@some
@given(st.integers(-3, 12), st.integers(-3, 25))
def test_loops_and_branches(a: int, b: int) -> None:
    assert by_machine(loops, a, b) == by_python(loops, a, b)


class Point(NamedTuple):
    x: int
    y: int


class Line(NamedTuple):
    start: Point
    end: Point


@kernel
def first_above(limit: int, step: int) -> int:
    """Returns from inside a loop, and from two branches."""
    number = 0
    while number < 1000:
        number += step
        if number > limit:
            return number
    if step % 2 == 0:
        return -1
    return -2


@kernel
def moved(line: Line, by: int) -> tuple[Line, int]:
    start, end = line
    line = Line(Point(start.x + by, start.y), end)
    return line, line.start.x - line.end.x


@kernel
def nothing(_number: int) -> None:
    """Gives nothing back."""


def calls(a: int, b: int, out: int) -> None:
    put(out, first_above(a, b))
    line = Line(Point(a, b), Point(5, a * b))
    line, distance = moved(line, 3)
    line, further = moved(line, distance)
    put(out + 8, line.start.x)
    put(out + 16, line.start.y * line.end.y)
    put(out + 24, distance + further)
    x = y = a + b
    x, y = y + 1, x
    put(out + 32, x * 3 + y)
    nothing(x)


@some
@given(st.integers(-2, 1200), st.integers(1, 30))
def test_kernels_call_each_other_with_tuples(a: int, b: int) -> None:
    assert by_machine(calls, a, b) == by_python(calls, a, b)


def times(factor: int) -> Callable[..., None]:
    """A function for each factor, which it finds around it."""

    def scaled(a: int, out: int) -> None:
        if factor == 3:
            put(out, a)
        else:
            put(out, factor * a)

    return scaled


def test_a_constant_around_a_kernel_is_its_own() -> None:
    for factor in (2, 3):
        function = times(factor)
        assert by_machine(function, 14) == by_python(function, 14)


def test_a_branch_that_a_constant_rules_out_is_not_compiled() -> None:
    def scaled(out: int) -> None:
        if NO:
            no_such_function(out)  # type: ignore[name-defined] # noqa: F821

    assert by_machine(scaled) == [0] * 32


ONE = np.float32(1.0)


def singles(numbers: int, out: int) -> None:
    x, y = load_single(numbers), load_single(numbers + 4)
    put_single(out, x + y * x)
    put_single(out + 4, ONE / (ONE + x * x) - y)
    put_single(out + 8, np.sqrt(x * x))
    put_single(out + 12, np.float32(7) * np.float32(np.int32(np.float32(-2.75))))
    put_single(out + 16, np.float32(1 if x < y else 0) + np.float32(2 if x != y else 0))
    put_single(out + 20, -x)


@some
@given(SINGLES, SINGLES)
def test_singles_are_rounded_after_each_operation(x: float, y: float) -> None:
    a, b = np.float32(x), np.float32(y)
    numbers, out = np.array([a, b]), np.zeros(6, np.float32)
    machine_code(singles)(numbers.ctypes.data, out.ctypes.data)
    with np.errstate(all="ignore"):
        expected = [a + b * a, ONE / (ONE + a * a) - b, np.sqrt(a * a), -14.0]
        expected += [np.float32(a < b) + 2 * np.float32(a != b), -a]
    np.testing.assert_array_equal(out, np.array(expected, np.float32))


def small_integers(numbers: int, out: int) -> None:
    whole = np.int32(load_single(numbers))
    put(out, 1 if whole > np.int32(2) else 0)
    put_single(out + 8, np.float32(np.int32(-128) * whole))


def test_integers_of_32_bits_stay_so() -> None:
    numbers, out = np.array([3.9], np.float32), np.zeros(2, np.int64)
    machine_code(small_integers)(numbers.ctypes.data, out.ctypes.data)
    assert out[0] == 1
    assert out.view(np.float32)[2] == -384.0


def test_python_runs_a_kernel_too() -> None:
    assert isinstance(first_above, Kernel)
    assert first_above(10, 4) == 12
