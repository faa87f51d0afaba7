"""The Llama forward pass over int8 weights, compiled once and kept as machine code.

`layout` and `plan` say how memory is laid out, and need no compiler; `library` finds or makes the
machine code, which `making` makes. All other modules are the source of that code: only the child
processes that compile import them, so a running program never loads numba.
"""
