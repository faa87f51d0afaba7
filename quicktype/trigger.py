"""When to keep silent: decided from the text alone, before a model is asked."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quicktype.conversation import Conversation
    from quicktype.draft import Draft


class Suppression(StrEnum):
    """Why nothing is suggested; the values are those on the wire."""

    LOW_CONFIDENCE = "low_confidence"
    FINISHED = "finished"
    REPEAT = "repeat"
    DISMISSED = "dismissed"
    BURST = "burst"
    INSIDE_WORD = "inside_word"
    NUMBER = "number"
    CODE = "code"
    URL = "url"
    SECRET = "secret"  # noqa: S105 - the name of a reason, not a secret
    LANGUAGE = "language"
    PAUSED = "paused"


_LAST_TOKEN = re.compile(r"\S*\Z")
_URL = re.compile(
    r"(?:https?:|ftp:|file:|mailto:|www\.)|://|\w@\w*|[\w-]+\.[a-z]{2,}/", re.IGNORECASE
)
_NUMBER = re.compile(r"\d[\d.,:/-]*\Z|(?<![\w)])[+#$€£]\d*\Z")
_COMMAND = re.compile(r"\s*(?:[/!$>][a-z]|[$#>] \S|sudo |git |pip |cd |ls )")
_CODE_TOKEN = re.compile(
    r"[{}\[\]\\|]|<[a-z/]|::|=>|->|\w\(|[a-z]\w*_\w|~/|\./|==|;\Z|^--?\w|^[A-Z]:\\"
)
_NAMED_SECRET = re.compile(
    r"\b(?:password|passphrase|passcode|pwd|pin|otp|cvv|cvc|iban|api key|secret key|token)"
    r"(?: code| number)?\s*(?:is|was|:|=|->)\s*\S*\Z",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?:\d[ -]?){11,18}\d?\Z")
_MIN_SECRET = 12
_LOOKED_BACK = 200
_LATIN_END = 0x0250
_LATIN_ADDITIONAL = range(0x1E00, 0x1F00)


@dataclass(frozen=True, slots=True)
class TriggerPolicy:
    """Decides whether a model is worth asking at all.

    `min_letters` letters are needed before a text's script counts as its language.
    """

    min_letters: int = 4

    def decide(
        self, conversation: Conversation, draft: Draft, dismissed: Draft | None = None
    ) -> Suppression | None:
        """A reason for silence, or None when there is nothing against a suggestion.

        `dismissed` is the draft at which the user last dismissed a suggestion: no new one comes
        until the word that was being typed there has ended.
        """
        if dismissed is not None and _same_word(dismissed, draft):
            return Suppression.DISMISSED
        if draft.before[-1:].isalnum() and draft.after[:1].isalnum():
            return Suppression.INSIDE_WORD
        return _reason_of_text(draft.before) or self._language(conversation, draft)

    def _language(self, conversation: Conversation, draft: Draft) -> Suppression | None:
        """Models know languages in Latin letters; the draft decides, else what was said last."""
        for text in (draft.text, *(turn.text for turn in reversed(conversation.turns[-3:]))):
            letters = [char for char in text if char.isalpha()]
            if len(letters) >= self.min_letters:
                foreign = sum(not _is_latin(char) for char in letters)
                return Suppression.LANGUAGE if foreign > len(letters) / 2 else None
        return None


def _same_word(earlier: Draft, later: Draft) -> bool:
    """Whether from one draft to the other no word was begun, neither forwards nor backwards."""
    if not later.before.startswith(earlier.before):
        return False
    typed = later.before[len(earlier.before) :]
    return later.after == earlier.after and not any(char.isspace() for char in typed)


def _reason_of_text(before: str) -> Suppression | None:
    near = before[-_LOOKED_BACK:]
    match = _LAST_TOKEN.search(near)
    token = match.group() if match else ""
    if _NAMED_SECRET.search(near) or _CARD.search(near) or _looks_random(token):
        return Suppression.SECRET
    if _URL.search(token):
        return Suppression.URL
    if _COMMAND.match(before) or before.count("`") % 2 or _CODE_TOKEN.search(token):
        return Suppression.CODE
    if _NUMBER.search(token):
        return Suppression.NUMBER
    return None


def _looks_random(token: str) -> bool:
    """A long run that mixes digits, cases and signs, as keys and passwords do."""
    if len(token) < _MIN_SECRET or "://" in token:
        return False
    kinds = (
        any(char.isdigit() for char in token),
        any(char.islower() for char in token),
        any(char.isupper() for char in token),
        any(char in "!#$%&*+=@^_~-" for char in token),
    )
    return sum(kinds) >= 3 and kinds[0]


def _is_latin(char: str) -> bool:
    code = ord(char)
    return code < _LATIN_END or code in _LATIN_ADDITIONAL or unicodedata.category(char) == "Lm"
