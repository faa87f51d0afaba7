"""The file formats of the Llama world, read into our weights file and written from it."""

from engine.formats.errors import FormatError
from engine.formats.gguf_writer import GGUF_KINDS, write_gguf

__all__ = ["GGUF_KINDS", "FormatError", "write_gguf"]
