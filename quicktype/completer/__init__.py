"""Completes drafts: prompt, healing, search, gate. `Completer` is the way in."""

from quicktype.completer.completer import Background, Completer
from quicktype.completer.request import Completion, CompletionRequest, Reason

__all__ = ["Background", "Completer", "Completion", "CompletionRequest", "Reason"]
