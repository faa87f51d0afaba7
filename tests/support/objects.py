"""Object files made from LLVM's language, for any machine that LLVM knows."""

from __future__ import annotations

import llvmlite.binding as llvm

TRIPLES = {62: "x86_64-unknown-linux-gnu", 183: "aarch64-unknown-linux-gnu"}
"""By ELF's numbers for machines."""


def object_of(code: str, triple: str | None = None, relocation: str = "pic") -> bytes:
    """The object file of some code; for this machine, unless another one is named."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple(triple or llvm.get_default_triple())
    machine = target.create_target_machine(opt=3, reloc=relocation, codemodel="small")
    module = llvm.parse_assembly(code)
    module.verify()
    return bytes(machine.emit_object(module))
