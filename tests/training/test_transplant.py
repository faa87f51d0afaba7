from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine import checkpoint
from engine.config import ModelConfig
from engine.formats import write_gguf
from engine.tokenizer import Tokenizer
from quicktype.prompt import QUICKTYPE
from training.model import Llama
from training.transplant import Donor, TransplantError, transplant

from .conftest import Workshop


def shape(tokenizer: Tokenizer, layers: int, dim: int = 32) -> ModelConfig:
    return ModelConfig(
        dim=dim, hidden=64, layers=layers, heads=2, kv_heads=1, head_dim=16,
        vocab=tokenizer.vocab, context=64,
    )  # fmt: skip


@pytest.fixture(scope="module")
def given(workshop: Workshop) -> Llama:
    """What the donor was before it became a file."""
    torch.manual_seed(4)
    return Llama(shape(workshop.tokenizer, 3))


@pytest.fixture(scope="module")
def donor(workshop: Workshop, given: Llama, tmp_path_factory: pytest.TempPathFactory) -> Donor:
    weights = {name: value.detach().numpy() for name, value in given.state_dict().items()}
    made = checkpoint.quantized(
        "donor", given.config, weights, workshop.tokenizer.data, QUICKTYPE.to_json(), {}
    )
    path = tmp_path_factory.mktemp("donor") / "donor.gguf"
    write_gguf(path, made, "f32")
    return Donor.load(path)


def test_the_chosen_layers_come_over_in_order(
    workshop: Workshop, given: Llama, donor: Donor
) -> None:
    model = Llama(shape(workshop.tokenizer, 2))
    transplant(model, donor, [0, 2], workshop.tokenizer, QUICKTYPE)
    theirs, ours = given.state_dict(), model.state_dict()
    parts = [name.removeprefix("layers.0.") for name in ours if name.startswith("layers.0.")]
    assert len(parts) == 9
    for part in parts:
        for place, number in enumerate((0, 2)):
            wanted = theirs[f"layers.{number}.{part}"]
            eight_bits = wanted.abs().max().item() / 127
            assert torch.allclose(ours[f"layers.{place}.{part}"], wanted, atol=eight_bits)


def test_a_piece_gets_the_mean_of_what_the_donor_makes_of_its_text(
    workshop: Workshop, donor: Donor
) -> None:
    tokenizer = workshop.tokenizer
    model = Llama(shape(tokenizer, 1))
    transplant(model, donor, [1], tokenizer, QUICKTYPE)
    piece = next(number for number, text in enumerate(tokenizer.pieces) if text == b" dinner")
    parts = donor.tokenizer.encode(" dinner")
    wanted = donor.embedding[parts].mean(0)
    assert torch.allclose(model.state_dict()["embedding"][piece], wanted)


def test_layers_and_shapes_that_do_not_fit_are_refused(workshop: Workshop, donor: Donor) -> None:
    tokenizer = workshop.tokenizer
    with pytest.raises(TransplantError, match="the recipe names 1 layers for 2"):
        transplant(Llama(shape(tokenizer, 2)), donor, [0], tokenizer, QUICKTYPE)
    with pytest.raises(TransplantError, match=r"the donor donor has no layers\.7\."):
        transplant(Llama(shape(tokenizer, 1)), donor, [7], tokenizer, QUICKTYPE)
    with pytest.raises(TransplantError, match="do not fit the recipe"):
        transplant(Llama(shape(tokenizer, 1, dim=64)), donor, [0], tokenizer, QUICKTYPE)


def test_a_donor_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "donor.gguf").write_bytes(b"GGUF" + bytes(40))
    with pytest.raises(TransplantError, match=r"donor\.gguf is GGUF of another kind"):
        Donor.load(tmp_path / "donor.gguf")
