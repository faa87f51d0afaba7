"""From the object file that a compiler leaves to a shared library that the system can load.

LLVM gives relocatable code. A system's linker would make a library of it, but none is installed
everywhere; and LLVM's own loader, which llvmlite has, takes 40 MB of memory and pages that are
writable and executable at once. Kernels need little: code, constants, a few calls of the C library.
So `link` writes the library itself, for 64-bit ELF systems (Linux on x86-64 and ARM).
"""

from engine.linker.relocatable import LinkError
from engine.linker.shared import link

__all__ = ["LinkError", "link"]
