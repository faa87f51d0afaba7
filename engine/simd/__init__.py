"""Vectors for kernels, the way from kernels to LLVM's code, and from there to machine code."""
