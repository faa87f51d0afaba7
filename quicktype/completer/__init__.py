"""Completes drafts: prompt, healing, search, gate. `Completer` is the way in."""

from quicktype.completer.completer import Completer
from quicktype.completer.request import Completion, CompletionRequest, Reason

__all__ = ["Completer", "Completion", "CompletionRequest", "Reason"]
