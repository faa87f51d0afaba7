"""Sixteen-lane vectors for kernels: the CPU's instruction set, the types, the operations."""
