"""From LLVM code with operations that are only declared to machine code for an instruction set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm
from llvmlite import ir

from engine.simd.isa import chosen, target
from engine.simd.jit import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from engine.simd.jit import Operation


def object_file(code: bytes, public: Collection[str]) -> bytes:
    """The machine code of what `translation.translated` gave, for the chosen instruction set.

    It is a relocatable object file; its public symbols are those in `public`, and nothing in it
    needs Python. The modules that define the operations must have been imported.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu, features = target(chosen())
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=cpu, features=features, opt=3, reloc="pic", codemodel="small"
    )
    module = llvm.parse_bitcode(code)
    declared = [function.name for function in module.functions if function.is_declaration]
    operations = [OPERATIONS[name] for name in declared if name in OPERATIONS]
    module.link_in(llvm.parse_assembly(written(operations)))
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    # All but a few symbols are private, so that what nobody calls in the end goes away.
    for symbol in (*module.functions, *module.global_variables):
        if not symbol.is_declaration and symbol.name not in public:
            symbol.linkage = "internal"
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


def written(operations: Iterable[Operation]) -> str:
    """LLVM code that defines operations as functions, which are always inlined."""
    module = ir.Module()
    for operation in operations:
        _write(module, operation)
    return str(module)


def _write(module: Any, operation: Operation) -> None:
    kind = ir.FunctionType(operation.returned, operation.arguments)
    function = ir.Function(module, kind, operation.name)
    function.attributes.add("alwaysinline")
    builder = ir.IRBuilder(function.append_basic_block())
    value = operation.emit(builder, *function.args)
    # numba's functions give a null pointer where they give nothing.
    builder.ret(ir.Constant(operation.returned, None) if value is None else value)
