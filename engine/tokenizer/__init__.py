"""Text to token ids and back, for the kinds of tokenizers that Llama models come with."""

from engine.tokenizer.base import Tokenizer, TokenizerError
from engine.tokenizer.reading import read_tokenizer

__all__ = ["Tokenizer", "TokenizerError", "read_tokenizer"]
