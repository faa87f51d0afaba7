"""What cannot be compiled is refused in one line that says where."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.compiler import CompileError, kernel
from engine.simd.vectors import load, load_single, prefetch
from tests.support.compiled import compiled

if TYPE_CHECKING:
    from collections.abc import Callable


def an_unknown_name(a: int) -> None:
    prefetch(a + missing)  # type: ignore[name-defined] # noqa: F821


def a_name_without_a_value(a: int) -> None:
    if a > 0:
        b = b + 1  # type: ignore[has-type] # noqa: F821
    prefetch(b)


def another_statement(a: int) -> None:
    with a:  # type: ignore[attr-defined]
        prefetch(a)


def another_expression(a: int) -> None:
    prefetch([a][0])


def a_foreign_function(a: int) -> None:
    print(a)


def another_loop(a: int) -> None:
    for i in (a, a):
        prefetch(i)


def a_step_below_zero(a: int) -> None:
    for i in range(a, 0, -1):
        prefetch(i)


def mixed_types(a: int) -> None:
    prefetch(a * load_single(a))


def a_variable_of_two_types(a: int) -> None:
    b = a
    b = load_single(a)
    prefetch(b)


def a_vector_for_a_number(a: int) -> None:
    prefetch(load(a))


def too_few_values(a: int) -> None:
    prefetch()


def values_by_name(a: int) -> None:
    prefetch(address=a)


def a_double(a: int) -> None:
    prefetch(np.int32(a * 1.5))


def a_chain(a: int) -> None:
    prefetch(a if 0 < a < 3 else 0)


def an_assignment_elsewhere(a: int) -> None:
    a.real = 3  # type: ignore[misc]


def too_many_names(a: int) -> None:
    b = c = 0
    b, c = a, a, a  # type: ignore[misc]
    prefetch(b)
    prefetch(c)


def a_missing_field(a: int) -> None:
    prefetch(np.no_such_thing)  # type: ignore[attr-defined]


def a_vector_as_a_condition(a: int) -> None:
    prefetch(1 if load(a) else 0)


REFUSALS: dict[Callable[..., None], str] = {
    an_unknown_name: "missing has no value yet",
    a_name_without_a_value: "b has no value yet",
    another_statement: "no With in kernels",
    another_expression: "no Subscript in kernels",
    a_foreign_function: "kernels cannot call print",
    another_loop: "loops go over a range only",
    a_step_below_zero: "the step of a range is a constant above zero",
    mixed_types: "float where i64 is wanted",
    a_variable_of_two_types: "b has values of different types",
    a_vector_for_a_number: "<16 x float> where i64 is wanted",
    too_few_values: "prefetch takes 1 values, not 0",
    values_by_name: "arguments are given by their places",
    a_double: "1.5, a float, is no number that kernels know",
    a_chain: "compare two at a time, joined with and",
    an_assignment_elsewhere: "only names are assigned to",
    too_many_names: "there are not 2 values to assign",
    a_missing_field: "there is no no_such_thing in np",
    a_vector_as_a_condition: "only integers and truth values are true or false",
}


@pytest.mark.parametrize("function", REFUSALS, ids=lambda function: function.__name__)
def test_it_is_refused_with_its_place(function: Callable[..., None]) -> None:
    with pytest.raises(CompileError, match=re.escape(REFUSALS[function])) as caught:
        compiled(kernel(function), 1)
    path, line, _ = str(caught.value).split(":", 2)
    assert path == __file__
    assert 0 < int(line) - function.__code__.co_firstlineno <= 4


@kernel
def with_a_mistake(a: int) -> None:
    prefetch(a * 0.5)


@kernel
def with_an_end_of_two_kinds(a: int) -> object:
    if a:
        return a
    return load_single(a)


@kernel
def that_calls_itself(a: int) -> int:
    return that_calls_itself(a - 1)


def test_the_place_is_where_the_mistake_is_not_where_it_is_called() -> None:
    def calling(a: int) -> None:
        with_a_mistake(a)

    line = with_a_mistake.tree.lineno + 1  # type: ignore[attr-defined]
    with pytest.raises(CompileError, match=f":{line}: 0.5"):
        compiled(kernel(calling), 1)


def test_a_kernel_gives_one_kind_of_result_and_never_calls_itself() -> None:
    def two_kinds(a: int) -> None:
        with_an_end_of_two_kinds(a)

    def recursive(a: int) -> None:
        that_calls_itself(a)

    with pytest.raises(CompileError, match="returns values of different types"):
        compiled(kernel(two_kinds), 1)
    with pytest.raises(CompileError, match="that_calls_itself calls itself"):
        compiled(kernel(recursive), 1)


def test_the_number_of_values_is_checked_between_kernels() -> None:
    def calling(a: int) -> None:
        with_a_mistake(a, a)  # type: ignore[call-arg]

    with pytest.raises(CompileError, match="with_a_mistake takes 1 values, not 2"):
        compiled(kernel(calling), 1)


def test_a_c_function_is_a_kernel_that_gives_nothing() -> None:
    def a_number(a: int) -> int:
        return a

    with pytest.raises(CompileError, match="gives something"):
        compiled(kernel(a_number), 1)  # type: ignore[arg-type]
    with pytest.raises(CompileError, match="is to be a kernel"):
        compiled(print, 1)
