"""The file formats of the Llama world, read into our weights file and written from it."""

from engine.formats.conversion import save
from engine.formats.errors import FormatError
from engine.formats.foreign import ForeignModel
from engine.formats.gguf.writer import GGUF_KINDS, write_gguf
from engine.formats.llama2c.writer import LLAMA2C_VERSIONS, caveats, write_llama2c
from engine.formats.reading import read

__all__ = [
    "GGUF_KINDS",
    "LLAMA2C_VERSIONS",
    "ForeignModel",
    "FormatError",
    "caveats",
    "read",
    "save",
    "write_gguf",
    "write_llama2c",
]
