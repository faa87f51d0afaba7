"""From LLVM code to machine code."""

from __future__ import annotations

import llvmlite.binding as llvm


def object_file(code: str, cpu: str, features: str) -> bytes:
    """LLVM code, given as text, as a relocatable object file for this machine.

    `cpu` and `features` name the processor as LLVM does. Functions that are not public, and that
    nobody calls in the end, are left out.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=cpu, features=features, opt=3, reloc="pic", codemodel="small"
    )
    module = llvm.parse_assembly(code)
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))
