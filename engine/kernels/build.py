"""Compile the kernels and write the machine code to standard output.

Started as a child process by `engine.kernels.library`, so that the memory that compiling takes is
given back, and the program itself never imports numba.
"""

from __future__ import annotations

import os
import sys

import llvmlite.binding as llvm

from engine.kernels.library import ENTRY
from engine.simd.isa import chosen, target

# numba's functions give a status and take two more pointers, for the result and the exception;
# ours have no result and, compiled with NumPy's error model, raise nothing.
_WRAPPER = """
define void @{entry}(i64 %plan, i64 %rows, i64 %first_logits) {{
  %result = alloca ptr
  %exception = alloca ptr
  %status = call i32 @"{inner}"(
      ptr %result, ptr %exception, i64 %plan, i64 %rows, i64 %first_logits)
  ret void
}}
"""


def _llvm_code() -> str:
    """The forward pass in LLVM's language, with a C function named ENTRY in front."""
    # numba reads its target from the environment when it is imported, hence late.
    from numba import types  # noqa: PLC0415

    from engine.kernels.forward import forward  # noqa: PLC0415

    signature = (types.int64,) * 3
    forward.compile(signature)  # type: ignore[attr-defined]
    code: str = forward.inspect_llvm(signature)  # type: ignore[attr-defined]
    inner = forward.overloads[signature].fndesc.llvm_func_name  # type: ignore[attr-defined]
    return code + _WRAPPER.format(entry=ENTRY, inner=inner)


def compile_object() -> bytes:
    """The forward pass as a relocatable object file for the chosen instruction set.

    Its one public symbol is ENTRY, a C function of three 64-bit integers; Python is not needed.
    """
    cpu, features = target(chosen())
    os.environ["NUMBA_CPU_NAME"], os.environ["NUMBA_CPU_FEATURES"] = cpu, features
    os.environ["NUMBA_OPT"] = "0"  # all is optimised at once, below
    module = llvm.parse_assembly(_llvm_code())
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=cpu, features=features, opt=3, reloc="pic", codemodel="small"
    )
    for symbol in (*module.functions, *module.global_variables):
        if not symbol.is_declaration and symbol.name != ENTRY:
            symbol.linkage = "internal"
    # All but one symbol are private now, so that numba's wrappers for Python go away.
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


if __name__ == "__main__":
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    sys.stdout.buffer.write(compile_object())
