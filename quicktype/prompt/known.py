"""The templates of models that can be imported, and which of them a model needs.

Where a format is not written down by its makers, it was read from the code that trained the model
and from the code that runs it; the source is named at each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quicktype.prompt.template import OURS, SPEAKER, Marker, Part, PromptTemplate, Role

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

QUICKTYPE = OURS.template("quicktype")

_SMOL = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


def _chatml(name: str, *begin: Part) -> PromptTemplate:
    """ChatML (https://github.com/openai/openai-python, chatml.md), with a system message or not."""
    closing = (Marker("<|im_end|>"), "\n")
    user, assistant = (
        Role((Marker("<|im_start|>"), f"{role}\n"), closing) for role in ("user", "assistant")
    )
    return PromptTemplate(name, begin, user, (assistant,))


CHATML = _chatml("chatml")
SMOLLM2 = _chatml("smollm2", Marker("<|im_start|>"), f"system\n{_SMOL}", Marker("<|im_end|>"), "\n")
"""SmolLM2-Instruct: ChatML, and the system message that its chat template puts in by default."""

TINYCHAT = PromptTemplate(
    "tinychat",
    begin=(),
    me=Role((Marker("<s>"), "[INST] "), (" [/INST]",)),
    others=(Role((" ",), (Marker("</s>"),)),),
    ordered=True,
    alternates=True,
    one_line=True,
)
"""TinyChat15M (https://github.com/starhopp3r/TinyChat).

In training (``llama2.c/testtoken.py``, ``tinychat.py``) a line is a dialogue, cut at each
``[INST]``; every cut becomes ``<s> [INST] question [/INST] answer </s>``. Its ``run.c`` renders
each line of the user's like that too, and takes ``</s>`` as the end of the answer.
"""

QUICKTYPEGPT = PromptTemplate(
    "quicktypegpt",
    begin=(Marker("<s>"),),
    me=Role(("Tom: ",), (" ",)),
    others=(Role(("Sarah: ",), (" ",)),),
    ordered=True,
    alternates=True,
    one_line=True,
)
"""QuicktypeGPT (https://github.com/chaoluond/quicktypeGPT).

In training (``dataprocess.py``) a line is a conversation between two people who are always called
Tom and Sarah, and becomes ``<s>`` and its text; no token ends it. Its files have four spaces
between messages, but SentencePiece, as it is set there, makes one of several spaces.
"""

LLAMA_2 = PromptTemplate(
    "llama-2",
    begin=(),
    me=Role((Marker("<s>"), "[INST] "), (" [/INST]",)),
    others=(Role((" ",), (" ", Marker("</s>"))),),
    ordered=True,
    alternates=True,
)
"""Llama 2 Chat (https://github.com/meta-llama/llama, ``llama/generation.py``), no system text."""

LLAMA_3 = PromptTemplate(
    "llama-3",
    begin=(Marker("<|begin_of_text|>"),),
    me=Role(
        (Marker("<|start_header_id|>"), "user", Marker("<|end_header_id|>"), "\n\n"),
        (Marker("<|eot_id|>"),),
    ),
    others=(
        Role(
            (Marker("<|start_header_id|>"), "assistant", Marker("<|end_header_id|>"), "\n\n"),
            (Marker("<|eot_id|>"),),
        ),
    ),
)
"""Llama 3 Instruct (https://github.com/meta-llama/llama3, ``llama/tokenizer.py``)."""

ZEPHYR = PromptTemplate(
    "zephyr",
    begin=(),
    me=Role(("<|user|>\n",), (Marker("</s>"), "\n")),
    others=(Role(("<|assistant|>\n",), (Marker("</s>"), "\n")),),
)
"""Zephyr and TinyLlama Chat (the chat template in their tokenizer_config.json)."""

_NAMED = Role((f"{SPEAKER}: ",), ("\n",))
LINES = PromptTemplate("lines", (Marker(),), _NAMED, (_NAMED,), one_line=True)
"""Lines ``Name: text``: what a model that was made for no chat format understands best."""

TEMPLATES: Mapping[str, PromptTemplate] = {
    template.name: template
    for template in (
        QUICKTYPE,
        CHATML,
        SMOLLM2,
        LLAMA_2,
        LLAMA_3,
        ZEPHYR,
        TINYCHAT,
        QUICKTYPEGPT,
        LINES,
    )
}
"""All templates by their names, as `quicktype model import --template` takes them."""


def detect(chat_template: str | None, special_tokens: Collection[str]) -> str:
    """The name of the template that a model was made for.

    `chat_template` is the Jinja text that comes with the model, if any; `special_tokens` are the
    names of its tokenizer's special tokens. A model that gives no hint gets named lines.
    """
    text, known = chat_template or "", set(special_tokens)
    if {OURS.me, OURS.end} <= known:
        return QUICKTYPE.name
    if "<|start_header_id|>" in text or (not text and "<|start_header_id|>" in known):
        return LLAMA_3.name
    if "<|im_start|>" in text:
        return SMOLLM2.name if _SMOL in text else CHATML.name
    if not text and {"<|im_start|>", "<|im_end|>"} <= known:
        return CHATML.name
    if "<|user|>" in text and "<|assistant|>" in text:
        return ZEPHYR.name
    return LLAMA_2.name if "[INST]" in text else LINES.name
