"""What kernels reckon with: names, numbers, arithmetic, conditions, tuples and calls."""

from __future__ import annotations

import ast
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from engine.compiler.arithmetic import binary, compared, negative, opposite, truth
from engine.compiler.builtin import FUNCTIONS
from engine.compiler.kernel import Kernel
from engine.compiler.operation import Operation
from engine.compiler.values import CompileError, is_known, kind_of, mapped, settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.compiler.body import Body


@singledispatch
def write_expression(node: ast.expr, _body: Body) -> Any:
    """Write the code of an expression; gives its value. Raises CompileError."""
    raise CompileError(f"no {type(node).__name__} in kernels")


@write_expression.register(ast.Constant)
def _(node: ast.Constant, _body: Body) -> Any:
    return node.value


@write_expression.register(ast.Name)
def _(node: ast.Name, body: Body) -> Any:
    return body.value_of(node.id)


@write_expression.register(ast.Attribute)
def _(node: ast.Attribute, body: Body) -> Any:
    owner = write_expression(node.value, body)
    if not hasattr(owner, node.attr):
        raise CompileError(f"there is no {node.attr} in {ast.unparse(node.value)}")
    return getattr(owner, node.attr)


@write_expression.register(ast.Tuple)
def _(node: ast.Tuple, body: Body) -> Any:
    return tuple(write_expression(element, body) for element in node.elts)


@write_expression.register(ast.BinOp)
def _(node: ast.BinOp, body: Body) -> Any:
    left, right = write_expression(node.left, body), write_expression(node.right, body)
    return binary(body.builder, node.op, left, right)


@write_expression.register(ast.UnaryOp)
def _(node: ast.UnaryOp, body: Body) -> Any:
    value = write_expression(node.operand, body)
    if isinstance(node.op, ast.Not):
        return opposite(body.builder, value)
    if isinstance(node.op, ast.USub):
        return negative(body.builder, value)
    raise CompileError(f"no {type(node.op).__name__} in kernels")


@write_expression.register(ast.Compare)
def _(node: ast.Compare, body: Body) -> Any:
    if len(node.ops) > 1:
        raise CompileError("compare two at a time, joined with and")
    left, right = write_expression(node.left, body), write_expression(node.comparators[0], body)
    return compared(body.builder, node.ops[0], left, right)


@write_expression.register(ast.BoolOp)
def _(node: ast.BoolOp, body: Body) -> Any:
    """A truth value; what comes after the first that decides is not computed."""
    decides = isinstance(node.op, ast.Or)

    def joined(conditions: list[ast.expr]) -> Any:
        condition = truth(body.builder, write_expression(conditions[0], body))
        if len(conditions) == 1:
            return condition
        if is_known(condition):
            return decides if condition == decides else joined(conditions[1:])
        return _either(
            body,
            condition,
            lambda: True if decides else joined(conditions[1:]),
            lambda: joined(conditions[1:]) if decides else False,
        )

    return joined(node.values)


@write_expression.register(ast.IfExp)
def _(node: ast.IfExp, body: Body) -> Any:
    condition = truth(body.builder, write_expression(node.test, body))
    if is_known(condition):
        return write_expression(node.body if condition else node.orelse, body)
    return _either(
        body,
        condition,
        lambda: write_expression(node.body, body),
        lambda: write_expression(node.orelse, body),
    )


def _either(body: Body, condition: Any, chosen: Callable[[], Any], other: Callable[[], Any]) -> Any:
    """The value of one of two expressions, which alone is computed."""
    blocks, after = (body.block("if"), body.block("otherwise")), body.block("after")
    body.builder.cbranch(condition, *blocks)
    places: Any = None
    for block, write in zip(blocks, (chosen, other), strict=True):
        body.begin(block)
        value = settled(write())
        if places is None:
            places = body.room(kind_of(value))
        body.fill(places, value, "a conditional expression")
        body.leave(after)
    body.begin(after)
    return mapped(body.builder.load, places)


@write_expression.register(ast.Call)
def _(node: ast.Call, body: Body) -> Any:
    function = write_expression(node.func, body)
    values = values_of(node, body)
    if isinstance(function, Kernel):
        return body.program.call(body.builder, function, values)
    if isinstance(function, Operation):
        return function.write(body.builder, values)
    if isinstance(function, type) and hasattr(function, "_fields"):
        return function(*values)
    if function in FUNCTIONS:
        return FUNCTIONS[function](body.builder, *values)
    raise CompileError(f"kernels cannot call {ast.unparse(node.func)}")


def values_of(call: ast.Call, body: Body) -> list[Any]:
    """The arguments of a call."""
    if call.keywords:
        raise CompileError("arguments are given by their places")
    return [write_expression(argument, body) for argument in call.args]
