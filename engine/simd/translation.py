"""From kernels to LLVM code, by numba; the code is the same for all instruction sets.

numba means to run what it compiles: it links each function with all that it calls, and makes
machine code of each. Here it writes LLVM code and nothing else, for a target of our own whose
libraries are text. `engine.simd.machine_code` does the rest, once for all functions together.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm
from numba.core import (
    cgutils,
    codegen,
    compiler,
    cpu,
    dispatcher,
    registry,
    target_extension,
    typed_passes,
    types,
    untyped_passes,
)
from numba.core.compiler_machinery import PassManager
from numba.extending import intrinsic, models, register_model

from engine.simd import emit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.simd.jit import Kernel, Operation

# numba's functions give a status and take two more pointers, for the result and the exception;
# ours have no result and, compiled with NumPy's error model, raise nothing.
_WRAPPER = """
declare i32 @"{inner}"(ptr, ptr, i64, i64, i64)

define void @{entry}(i64 %a, i64 %b, i64 %c) {{
  %result = alloca ptr
  %exception = alloca ptr
  %status = call i32 @"{inner}"(ptr %result, ptr %exception, i64 %a, i64 %b, i64 %c)
  ret void
}}
"""


class _Register(types.Type):
    """A numba type whose values are LLVM vectors, or arrays of vectors, kept in registers."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        super().__init__(name=f"Register({backend})")


@register_model(_Register)
class _RegisterModel(models.PrimitiveModel):
    def __init__(self, manager: Any, frontend: _Register) -> None:
        initialise: Any = super().__init__
        initialise(manager, frontend, frontend.backend)


class _Text(codegen.AOTCodeLibrary):
    """LLVM code of one function, as text, and the libraries with the functions that it calls."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.modules: list[str] = []
        self.called: list[_Text] = []

    def add_ir_module(self, ir_module: Any) -> None:
        """Keep what numba has written."""
        self.modules.append(str(ir_module))

    def add_linking_library(self, library: Any) -> None:
        """Keep where a function is that is called."""
        self.called.append(library)

    def finalize(self) -> None:
        """Nothing is linked, optimised or compiled here."""
        self._finalized = True


class _Codegen(codegen.AOTCPUCodegen):
    _library_class = _Text


class _Context(cpu.CPUContext):
    def init(self) -> None:
        """Have code written as text."""
        super().init()
        self._internal_codegen: Any = _Codegen("kernels")

    def post_lowering(self, _module: Any, _library: Any) -> None:
        """Kernels need nothing of numba's own library."""

    def get_executable(self, _library: Any, _description: Any, _environment: Any) -> object:
        """What a function is known by, instead of its machine code."""
        return object()


class _Passes(compiler.CompilerBase):
    """Those of numba's passes that kernels need: they have no closures and no arrays."""

    def define_pipelines(self) -> list[Any]:
        """One pipeline."""
        passes = PassManager("kernels")
        for step in (
            untyped_passes.TranslateByteCode,
            untyped_passes.FixupArgs,
            untyped_passes.IRProcessing,
            typed_passes.NopythonTypeInference,
            typed_passes.NativeLowering,
            typed_passes.NoPythonBackend,
        ):
            passes.add_pass(step, step.__name__)
        passes.finalize()
        return [passes]


class _Target(registry.CPUTarget):
    @cached_property
    def _toplevel_target_context(self) -> Any:
        return _Context(self.typing_context, self._target_name)


class _Dispatcher(dispatcher.Dispatcher):
    """What numba calls a function that it compiles."""

    targetdescr = _Target("kernels")

    def get_call_template(self, arguments: Any, keywords: Any) -> Any:
        """What numba asks at each call; code is not made anew for each constant argument."""
        return super().get_call_template(tuple(map(types.unliteral, arguments)), keywords)

    def add_overload(self, result: Any) -> None:
        """Keep what was compiled; Python does not call it."""
        self.overloads[tuple(result.signature.args)] = result


class _Kernels(target_extension.CPU):
    """The target's place among numba's: what there is for processors there is for kernels."""


def _own(**options: Any) -> Callable[[Callable[..., Any]], _Dispatcher]:
    """What numba compiles functions of its own with, such as ``min``."""
    return lambda function: _Dispatcher(function, targetoptions={**options, **_OPTIONS})


_OPTIONS = {
    "nopython": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
target_extension.target_registry["kernels"] = _Kernels
target_extension.dispatcher_registry[_Kernels] = _Dispatcher
target_extension.jit_registry[_Kernels] = _own


def translated(entries: Mapping[str, Kernel]) -> bytes:
    """LLVM bitcode of some kernels and all that they call; operations are only declared.

    `entries` are kernels of three 64-bit integers, by the names of the C functions that call them.
    Raises numba's errors for what it cannot compile.
    """
    texts: dict[_Text, str] = {}
    whole = llvm.parse_assembly("")
    for name, kernel in entries.items():
        arguments = (types.int64,) * 3
        compiled = _dispatcher_of(kernel.function)
        compiled.compile(arguments)
        result: Any = compiled.overloads[arguments]
        _collect(result.library, texts)
        wrapper = _WRAPPER.format(entry=name, inner=result.fndesc.llvm_func_name)
        whole.link_in(llvm.parse_assembly(wrapper))
    for text in texts.values():
        whole.link_in(llvm.parse_assembly(text))
    return bytes(whole.as_bitcode())


def _collect(library: _Text, texts: dict[_Text, str]) -> None:
    """Add the code of a library, and of all that it calls."""
    if library not in texts:
        texts[library] = cgutils.normalize_ir_text("".join(library.modules))
        for other in library.called:
            _collect(other, texts)


def type_of_kernel(kernel: Kernel) -> Any:
    """The numba type of a function that is compiled when it is called."""
    return types.Dispatcher(_dispatcher_of(kernel.function))


@cache
def _dispatcher_of(function: Callable[..., Any]) -> _Dispatcher:
    """What compiles a function; it is kept here, for numba's types do not keep it."""
    return _Dispatcher(function, targetoptions=_OPTIONS, pipeline_class=_Passes)


def type_of_operation(operation: Operation) -> Any:
    """The numba type of a function that is declared only."""
    signature = _type_of(operation.result)(*map(_type_of, operation.arguments))
    if not isinstance(operation.result, type):
        return types.ExternalFunction(operation.name, signature)
    reader = _reader(operation, signature)
    context = _Dispatcher.targetdescr.typing_context
    context.refresh()
    return context.resolve_value_type(reader)


@cache
def _reader(operation: Operation, signature: Any) -> Any:
    """An operation that gives a named tuple, which for numba's external functions is too much."""

    def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        result = context.get_value_type(signature.return_type)
        return emit.call(builder, operation.name, result, values)

    @intrinsic
    def read(_typing_context: Any, _address: Any) -> Any:
        return signature, generate

    return read


@cache
def _type_of(kind: Any) -> Any:
    """The numba type whose values are of one of LLVM's types, or of a class of named tuples."""
    if kind is None:
        return types.none
    if isinstance(kind, type):
        record: Any = kind
        named_tuple: Any = types.NamedUniTuple
        return named_tuple(types.int64, len(record._fields), record)
    known = {emit.I32: types.int32, emit.I64: types.int64, emit.F32: types.float32}
    return known.get(kind) or _Register(kind)
