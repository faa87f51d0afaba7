"""How the playground looks: ghost text at the caret, the conversation, the line at the bottom."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments
from prompt_toolkit.styles import Style

if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import StyleAndTextTuples

    from quicktype.conversation import Turn
    from quicktype.playground.ghost import Ghost
    from quicktype.playground.partner import Spoken
    from quicktype.playground.suggester import Answer

STYLE = Style.from_dict(
    {
        "ghost": "ansibrightblack",
        "me": "ansigreen bold",
        "other": "ansicyan bold",
        "note": "ansibrightblack italic",
        "bottom-toolbar": "noreverse ansibrightblack",
        "key": "ansiyellow",
    }
)

KEYS = (
    ("Tab", "word"),
    ("Shift+Tab", "all"),
    ("Alt+]", "next"),
    ("Esc", "dismiss"),
    ("F2", "who"),
    ("F3", "more"),
    ("Ctrl-D", "leave"),
)

HELP = (
    "Type as you would in a chat. The grey text is what quicktype thinks comes next.\n"
    "  Tab          takes its next word; again, the following ones\n"
    "  Shift+Tab    takes all of it\n"
    "  Alt+]        shows another candidate\n"
    "  Esc          dismisses it\n"
    "  Backspace    straight after Tab takes the insertion back\n"
    "  Enter        sends; then the script's next line comes, or the model answers\n"
    "  F2           lets the other person type\n"
    "  F3           shows every guess, however unsure; again, only what is probably right\n"
    "  pasting lines 'Name: text', or /paste from the clipboard, adds them to the conversation\n"
    "  /me NAME     types as NAME       /help  this text       /quit, Ctrl-D  leaves"
)


class GhostText(Processor):
    """Paints the ghost text at the caret, before whatever stands after it."""

    def __init__(self, ghost: Ghost) -> None:
        self._ghost = ghost

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """The input line with the ghost text in it, and how positions move."""
        text = self._ghost.text
        caret = transformation_input.document.cursor_position
        fragments = explode_text_fragments(list(transformation_input.fragments))
        painted = [*fragments[:caret], ("class:ghost", text), *fragments[caret:]]

        def to_display(position: int) -> int:
            return position if position <= caret else position + len(text)

        def to_source(position: int) -> int:
            return position if position <= caret else max(caret, position - len(text))

        return Transformation(painted, to_display, to_source)


def turn_line(turn: Turn, me: str) -> FormattedText:
    """One message of the conversation."""
    style = "class:me" if turn.speaker == me else "class:other"
    return FormattedText([(style, f"{turn.speaker}: "), ("", turn.text)])


def input_line(
    me: str, partner: str | None, spoken: Spoken | None, columns: int
) -> StyleAndTextTuples:
    """What stands before the draft: above it, what the partner is saying just now, if anything."""
    mine: StyleAndTextTuples = [("class:me", f"{me}: ")]
    if partner is None:
        return mine
    if spoken and spoken.trouble:
        return [("class:note", spoken.trouble), ("", "\n"), *mine]
    said = wrapped(f"{partner}: {spoken.text if spoken else ''}\u2026", columns)
    return [("class:other", said[: len(partner) + 1]), ("", f"{said[len(partner) + 1 :]}\n"), *mine]


def wrapped(text: str, columns: int) -> str:
    """The text in lines that fit; it keeps its own line breaks."""
    lines = (textwrap.wrap(line, max(columns, 20)) or [""] for line in text.split("\n"))
    return "\n".join(part for parts in lines for part in parts)


def note_line(text: str) -> FormattedText:
    """A word of the playground's own."""
    return FormattedText([("class:note", text)])


def toolbar(source: str, ghost: Ghost, answer: Answer | None) -> FormattedText:
    """Speed and confidence, and below them the keys."""
    facts = [source]
    if answer and answer.milliseconds is not None:
        facts.append(f"{answer.milliseconds:.1f} ms")
    if ghost.candidate:
        facts.append(f"{ghost.candidate.confidence:.0%} sure")
    elif answer and answer.silence:
        facts.append(answer.silence.replace("_", " "))
    keys = [part for key, what in KEYS for part in (("class:key", key), ("", f" {what}  "))]
    return FormattedText([("", " · ".join(facts) + "\n"), *keys])
