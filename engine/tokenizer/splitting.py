r"""How byte-level vocabularies cut a text before they look for tokens.

The rules are published as regular expressions over Unicode's letters ``\p{L}`` and numbers
``\p{N}``, which Python's `re` does not know. So each character is first replaced by a stand-in for
its class, and the rules are written over the stand-ins:

* ``a`` letter, ``0`` number, a tab for white space, ``.`` anything else;
* themselves: space, line feed (carriage return too), apostrophe, and the letters of the English
  endings 's, 't, 'm, 'd, 're, 've and 'll, which some rules name.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WHITE = frozenset([*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B),
                    0x2028, 0x2029, 0x202F, 0x205F, 0x3000])  # fmt: skip
_KEPT = frozenset(map(ord, " '\nstrevmldSTREVMLD"))
_ALIKE = {ord("\r"): "\n", ord("\u017f"): "S"}  # a long s is an s where the case does not matter


class _StandIns(dict[int, str]):
    """The stand-in for each character, for `str.translate`; found when it is first asked for."""

    def __missing__(self, code: int) -> str:
        self[code] = stand_in = _stand_in(code)
        return stand_in


def _stand_in(code: int) -> str:
    if code in _KEPT:
        return chr(code)
    if code in _ALIKE:
        return _ALIKE[code]
    if code in _WHITE:
        return "\t"
    category = unicodedata.category(chr(code))[0]
    return {"L": "a", "N": "0"}.get(category, ".")


_STAND_INS = _StandIns()
_LETTER, _OTHER, _SPACE, _NO_SPACE = "[astrevmldSTREVMLD]", "['.]", "[ \t\n]", "[^ \t\n]"
_ENDING = "'(?:[stmd]|re|ve|ll)"
_SPACES = rf"{_SPACE}+(?!{_NO_SPACE})|{_SPACE}+"
_GPT2 = rf"{_ENDING}| ?{_LETTER}+| ?0+| ?{_OTHER}+|{_SPACES}"
_LLAMA3 = (
    rf"(?i:{_ENDING})|[^\n0astrevmldSTREVMLD]?{_LETTER}+|0{{1,3}}| ?{_OTHER}+\n*"
    rf"|{_SPACE}*\n+|{_SPACES}"
)

RULES = {
    "gpt-2": (re.compile(_GPT2),),
    "smollm": (re.compile("0|[^0]+"), re.compile(_GPT2)),
    "llama-3": (re.compile(_LLAMA3),),
    "qwen-2": (re.compile(_LLAMA3.replace("{1,3}", "")),),
}
"""The known rules by name; where there are two expressions, the second cuts the first's parts.

``gpt-2`` is ByteLevel of the `tokenizers` library, ``smollm`` the same after Digits (each digit
alone), ``llama-3`` groups up to three digits, ``qwen-2`` differs from it in leaving them alone.
"""


def split(text: str, rules: str) -> Iterator[str]:
    """The parts of a text by the rules of this name, in time linear in its length."""
    first, *rest = RULES[rules]
    classes = text.translate(_STAND_INS)
    for part in first.finditer(classes):
        begin, end = part.span()
        if not rest:
            yield text[begin:end]
            continue
        inside = classes[begin:end]
        for smaller in rest[0].finditer(inside):
            yield text[begin + smaller.start() : begin + smaller.end()]
