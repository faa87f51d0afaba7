"""A word n-gram model with Kneser-Ney smoothing: what the language model is held against."""

from quicktype.ngrams.counting import count
from quicktype.ngrams.table import NgramError, NgramTable
from quicktype.ngrams.words import NgramWords

__all__ = ["NgramError", "NgramTable", "NgramWords", "count"]
