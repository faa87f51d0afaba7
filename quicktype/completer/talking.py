"""Whole messages from a model, as they come: for a partner in the playground, for generation."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from engine.session import ContextOverflow, Session
from quicktype.completer.prompting import Prompter
from quicktype.completer.vocabulary import Vocabulary
from quicktype.prompt import PromptTemplate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.model import Model
    from engine.sampling import Sampler
    from quicktype.conversation import Conversation
    from quicktype.prompt import Tags


class Talker:
    """Speaks with one model's voice; for one thread at a time.

    Raises ValueError if the model's prompt template or its tokenizer's markers cannot be used.
    """

    def __init__(self, model: Model, *, session: Session | None = None) -> None:
        self._template = PromptTemplate.from_json(model.checkpoint.template)
        self._session = session or Session(model)
        self._vocabulary = Vocabulary(model.tokenizer, self._template)
        self._prompter = Prompter(model.tokenizer, self._template, model.config.context)

    def message(
        self,
        conversation: Conversation,
        me: str,
        speaker: str,
        sampler: Sampler,
        *,
        before: str = "",
        cancelled: Callable[[], bool] | None = None,
    ) -> Iterator[str]:
        """What `speaker` says next in a conversation seen by `me`, behind `before`.

        One piece of text, maybe an empty one, for each token. Ends with the message, or when the
        model's context is full; tags are left out. Raises `engine.session.Cancelled` when the
        prompt is read in vain.
        """
        opening = self._prompter.opening(conversation, me, before, speaker)
        shown = _Shown(self._vocabulary.tags, opening.spaced)
        branch = self._session.prefill(opening.tokens, cancelled)
        while not (cancelled is not None and cancelled()):
            token = sampler.sample(branch.logits + self._vocabulary.bias)
            if self._is_end(token):
                break
            yield shown.add(self._vocabulary.pieces[token])
            if shown.over:
                return
            try:
                [branch] = self._session.decode([(branch, token)])
            except ContextOverflow:
                break
        yield shown.rest()

    def _is_end(self, token: int) -> bool:
        if token in self._vocabulary.ends:
            return True
        return self._template.one_line and b"\n" in self._vocabulary.pieces[token]


class _Shown:
    """What a reader sees of a message, as its bytes come: whole characters, and never a tag.

    Spaces and what may become a tag are held back until it is clear what follows.
    """

    def __init__(self, tags: Tags, spaced: bool) -> None:
        self.over = False
        self._tags = tags
        self._spaced = spaced
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._given = 0

    def add(self, piece: bytes) -> str:
        """More of the message; gives what can be shown by now."""
        self._text += self._decoder.decode(piece)
        if self._spaced and self._text:
            self._text, self._spaced = self._text.removeprefix(" "), False
        tag = self._tags.find(self._text, self._given)
        if tag is not None:
            self.over = True
            return self._give(self._text[:tag])
        return self._give(self._text[: len(self._text) - self._tags.begun(self._text)])

    def rest(self) -> str:
        """What was held back and turns out to be text, once the message is over."""
        begun = self._tags.begun(self._text)
        if begun and not self._text[len(self._text) - begun].isalnum():
            return self._give(self._text[: len(self._text) - begun])
        return self._give(self._text)

    def _give(self, text: str) -> str:
        text = text.rstrip()
        new = text[self._given :]
        self._given = max(self._given, len(text))
        return new
