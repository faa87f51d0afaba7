"""What kernels do: assignments, branches, loops, calls, and giving a result."""

from __future__ import annotations

import ast
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from engine.compiler.arithmetic import binary, compared, truth
from engine.compiler.expressions import values_of, write_expression
from engine.compiler.values import INTEGER, CompileError, converted, is_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.compiler.body import Body


def write(body: Body, suite: Sequence[ast.stmt]) -> None:
    """Write statements in turn, up to where the function ends; raises CompileError."""
    for statement in suite:
        if body.ended:
            return
        try:
            _write(statement, body)
        except CompileError as error:
            raise error.at(body.kernel.path, statement.lineno) from None


@singledispatch
def _write(statement: ast.stmt, _body: Body) -> None:
    raise CompileError(f"no {type(statement).__name__} in kernels")


@_write.register(ast.Expr)
def _(statement: ast.Expr, body: Body) -> None:
    if not isinstance(statement.value, ast.Constant):  # a text that explains
        write_expression(statement.value, body)


@_write.register(ast.Assign)
def _(statement: ast.Assign, body: Body) -> None:
    value = write_expression(statement.value, body)
    for target in statement.targets:
        _assign(target, value, body)


@_write.register(ast.AnnAssign)
def _(statement: ast.AnnAssign, body: Body) -> None:
    if statement.value is None:
        raise CompileError("a variable needs a value")
    _assign(statement.target, write_expression(statement.value, body), body)


@_write.register(ast.AugAssign)
def _(statement: ast.AugAssign, body: Body) -> None:
    name = _name(statement.target)
    value = write_expression(statement.value, body)
    body.assign(name, binary(body.builder, statement.op, body.value_of(name), value))


@_write.register(ast.Return)
def _(statement: ast.Return, body: Body) -> None:
    body.give(write_expression(statement.value, body) if statement.value else None)


@_write.register(ast.If)
def _(statement: ast.If, body: Body) -> None:
    condition = truth(body.builder, write_expression(statement.test, body))
    if is_known(condition):
        write(body, statement.body if condition else statement.orelse)
        return
    chosen, other, after = body.block("then"), body.block("else"), body.block("after")
    body.builder.cbranch(condition, chosen, other)
    ends = []
    for block, suite in ((chosen, statement.body), (other, statement.orelse)):
        body.begin(block)
        write(body, suite)
        ends.append(body.ended)
        body.leave(after)
    body.begin(after)
    if all(ends):
        body.builder.unreachable()


@_write.register(ast.While)
def _(statement: ast.While, body: Body) -> None:
    again, inside, after = body.block("while"), body.block("do"), body.block("after")
    body.builder.branch(again)
    body.begin(again)
    condition = truth(body.builder, write_expression(statement.test, body))
    body.builder.cbranch(converted(condition, ir.IntType(1)), inside, after)
    body.begin(inside)
    write(body, statement.body)
    body.leave(again)
    body.begin(after)


@_write.register(ast.For)
def _(statement: ast.For, body: Body) -> None:
    first, last, step = _range(statement.iter, body)
    counter = body.room(INTEGER)
    body.builder.store(first, counter)
    again, inside, after = body.block("for"), body.block("do"), body.block("after")
    body.builder.branch(again)
    body.begin(again)
    number = body.builder.load(counter)
    body.builder.cbranch(compared(body.builder, ast.Lt(), number, last), inside, after)
    body.begin(inside)
    body.assign(_name(statement.target), number)
    write(body, statement.body)
    if not body.ended:
        body.builder.store(body.builder.add(number, step, flags=["nsw"]), counter)
        body.builder.branch(again)
    body.begin(after)


def _range(call: ast.expr, body: Body) -> tuple[Any, Any, Any]:
    """The first number of a ``range``, the one that it ends before, and its step."""
    if not (isinstance(call, ast.Call) and write_expression(call.func, body) is range):
        raise CompileError("loops go over a range only")
    bounds = values_of(call, body)
    first, last = (0, *bounds) if len(bounds) == 1 else bounds[:2]
    step = bounds[2] if len(bounds) == 3 else 1
    if not (is_known(step) and step > 0):
        raise CompileError("the step of a range is a constant above zero")
    return converted(first, INTEGER), converted(last, INTEGER), converted(step, INTEGER)


def _assign(target: ast.expr, value: Any, body: Body) -> None:
    if not isinstance(target, ast.Tuple):
        body.assign(_name(target), value)
        return
    if not isinstance(value, tuple) or len(value) != len(target.elts):
        raise CompileError(f"there are not {len(target.elts)} values to assign")
    for part, element in zip(target.elts, value, strict=True):
        _assign(part, element, body)


def _name(target: ast.expr) -> str:
    if not isinstance(target, ast.Name):
        raise CompileError("only names are assigned to")
    return target.id
