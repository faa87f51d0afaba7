"""The one renderer of conversations, for training and for use.

A conversation becomes messages: what opens one, its text, what closes it. With our own template::

    <s> <o1> are we still on for dinner? <eom> <me> yes! how about

`PromptTemplate` is data and travels inside the weights file; `TEMPLATES` holds those of the models
that can be imported, and `detect` finds a model's. `render` makes messages of turns, and
`PromptEncoder` token ids of messages.
"""

from quicktype.prompt.encoding import Gap, PromptEncoder, Spelling, spelled
from quicktype.prompt.known import QUICKTYPE, TEMPLATES, detect
from quicktype.prompt.rendering import Message, render
from quicktype.prompt.tags import Tags
from quicktype.prompt.template import Marker, MarkerNames, Part, PromptTemplate, Role

__all__ = [
    "QUICKTYPE",
    "TEMPLATES",
    "Gap",
    "Marker",
    "MarkerNames",
    "Message",
    "Part",
    "PromptEncoder",
    "PromptTemplate",
    "Role",
    "Spelling",
    "Tags",
    "detect",
    "render",
    "spelled",
]
