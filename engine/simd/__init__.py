"""Sixteen-lane vectors for numba: the CPU's instruction set, the types, the operations."""
