"""Compile the kernels and write the machine code to standard output.

Started as a child process by `engine.kernels.library`, so that the memory that compiling takes is
given back, and the program itself never imports numba.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import llvmlite.binding as llvm

from engine.kernels.native import FORWARD, READ
from engine.simd.isa import UNCALLED, chosen, target

# numba's functions give a status and take two more pointers, for the result and the exception;
# ours have no result and, compiled with NumPy's error model, raise nothing.
_WRAPPER = """
define void @{entry}(i64 %a, i64 %b, i64 %c) {{
  %result = alloca ptr
  %exception = alloca ptr
  %status = call i32 @"{inner}"(ptr %result, ptr %exception, i64 %a, i64 %b, i64 %c)
  ret void
}}
"""


def _llvm_code() -> list[str]:
    """The kernels in LLVM's language, a module for each entry point with its C function."""
    # numba reads its target from the environment when it is imported, hence late.
    from numba import types  # noqa: PLC0415 (see above)

    from engine.kernels.forward import forward  # noqa: PLC0415 (these import numba)
    from engine.kernels.stream import read_through  # noqa: PLC0415 (these import numba)

    signature = (types.int64,) * 3
    modules = []
    for entry, function in ((FORWARD, forward), (READ, read_through)):
        compiled: Any = function
        compiled.compile(signature)
        inner = compiled.overloads[signature].fndesc.llvm_func_name
        modules.append(compiled.inspect_llvm(signature) + _WRAPPER.format(entry=entry, inner=inner))
    return modules


def compile_object() -> bytes:
    """The kernels as a relocatable object file for the chosen instruction set.

    Its public symbols are FORWARD and READ, C functions of three 64-bit integers; nothing in it
    needs Python.
    """
    cpu, features = target(chosen())
    os.environ["NUMBA_CPU_NAME"], os.environ["NUMBA_CPU_FEATURES"] = cpu, features
    os.environ["NUMBA_OPT"] = "0"  # all is optimised at once, below
    os.environ[UNCALLED] = "1"
    modules = [llvm.parse_assembly(code) for code in _llvm_code()]
    module = modules[0]
    for other in modules[1:]:
        module.link_in(other)
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=cpu, features=features, opt=3, reloc="pic", codemodel="small"
    )
    for symbol in (*module.functions, *module.global_variables):
        if not symbol.is_declaration and symbol.name not in {FORWARD, READ}:
            symbol.linkage = "internal"
    # All but two symbols are private now, so that numba's wrappers for Python go away.
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


if __name__ == "__main__":
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    sys.stdout.buffer.write(compile_object())
