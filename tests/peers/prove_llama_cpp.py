"""Our weights in llama.cpp, and the weights of llama.cpp's world in our engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import formats
from engine.checkpoint import Checkpoint, load
from engine.model import Model
from quicktype.model_files import find_model
from tests.peers.greedy import NEAR, greedy

TEXTS = (
    "hello there, how are you?",
    "\u00e7a va?  two  spaces\n\ttab <me> <s> \u4f60\u597d \U0001f389 \ufb01 12345",
    "  lead and trail  ",
    " ",
    "",
)
PROMPTS = (
    "are you coming to dinner tomorrow",
    "I saw the film last night, and",
    "The train was late again, so",
    "Let me know when you",
)
COUNT = 100


@pytest.fixture(scope="module")
def shipped() -> Checkpoint:
    return load(find_model(None))


@pytest.mark.parametrize("kind", ["q8_0", "f16", "f32"])
def test_our_weights_say_the_same_in_llama_cpp(
    tmp_path: Path, llama_cpp: Any, shipped: Checkpoint, kind: str
) -> None:
    formats.write_gguf(tmp_path / "m.gguf", shipped, kind)
    _compare(llama_cpp, tmp_path / "m.gguf", Model(shipped))


def test_so_do_our_four_bits(tmp_path: Path, llama_cpp: Any, shipped: Checkpoint) -> None:
    formats.write_gguf(tmp_path / "8.gguf", shipped)
    four = _imported(tmp_path / "8.gguf", tmp_path / "4.safetensors", bits=4)
    formats.write_gguf(tmp_path / "4.gguf", four, "q4_1")
    _compare(llama_cpp, tmp_path / "4.gguf", Model(four))


def test_smollm2_says_the_same_in_our_engine(tmp_path: Path, llama_cpp: Any, smollm2: Path) -> None:
    """Its file has 4-bit layers and an 8-bit embedding, and nothing of it is rounded again."""
    made = _imported(smollm2, tmp_path / "m.safetensors")
    assert {tensor.bits for tensor in made.matrices.values()} == {4, 8}
    _compare(llama_cpp, smollm2, Model(made))


def _imported(source: Path, target: Path, bits: int | None = None) -> Checkpoint:
    model = formats.read(source)
    context = min(512, model.config.context)
    formats.save(target, model, name="m", template={}, card={}, context=context, bits=bits)
    return load(target)


def _compare(llama_cpp: Any, path: Path, model: Model) -> None:
    """The same tokens for every text, and the same likeliest token at every place.

    llama.cpp reads the text that our engine has written; it may disagree only where our two best
    tokens are nearly as likely, and there not often.
    """
    theirs = llama_cpp.Llama(str(path), n_ctx=512, logits_all=True, verbose=False, n_threads=2)
    for text in TEXTS:
        tokens = theirs.tokenize(text.encode(), add_bos=False, special=False)
        assert model.tokenizer.encode(text) == tokens, text
    begin = [] if model.tokenizer.begin is None else [model.tokenizer.begin]
    leads = []
    for prompt in PROMPTS:
        head = [*begin, *model.tokenizer.encode(prompt)]
        ours = greedy(model, head, COUNT)
        theirs.reset()
        theirs.eval([*head, *ours.tokens[:-1]])
        best = theirs.scores[len(head) - 1 : len(head) - 1 + COUNT].argmax(axis=1)
        for place, token in enumerate(ours.tokens):
            if best[place] != token:
                leads.append(ours.leads[place])
    total = COUNT * len(PROMPTS)
    widest = max(leads, default=0.0)
    print(f"{path.name}: {len(leads)} of {total} choices differ, by leads of up to {widest:.2f}")
    assert widest < NEAR
    assert len(leads) <= total // 20
