"""`quicktype model import` and `export`, as a person meets them."""

from __future__ import annotations

import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from engine import checkpoint
from engine.formats import FormatError
from quicktype.cli.failures import Failure
from quicktype.cli.model import model
from quicktype.model_files import find_model
from tests.support.foreign_models import SMALL, weights_of, write_folder, write_gguf, write_llama2c
from tests.support.tiny_model import tiny_checkpoint

_LONG = replace(SMALL, context=4096)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("QUICKTYPE_MODEL", raising=False)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    """The command, with the exception that main would have made a line of."""
    result = CliRunner().invoke(model, arguments, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result


def a_gguf(path: str = "m.gguf", **more: object) -> Path:
    return write_gguf(Path(path), _LONG, weights_of(_LONG), more=dict(more))


class TestImport:
    def test_it_says_what_was_read_and_lists_the_model(self) -> None:
        a_gguf("Small Talk-1.gguf")
        said = run("import", "Small Talk-1.gguf").output
        for line in (
            "GGUF: llama, 0.1M parameters, 2 layers of 64, 4 heads on 2",
            "weights    F32 0.1M",
            "SentencePiece, 400 tokens",
            "0.0M weights bit for bit, 0.1M rounded",
            "template   quicktype",
            "2,048 of 4,096 tokens",
            "quicktype chat --model Small-Talk-1",
        ):
            assert line in said
        assert "Small-Talk-1" in run("list").output
        made = checkpoint.load(find_model("Small-Talk-1"))
        assert made.name == "Small-Talk-1"
        assert made.config == replace(_LONG, context=2048, norm_eps=made.config.norm_eps)

    def test_where_it_came_from_is_remembered(self) -> None:
        a_gguf(**{"general.license": "mit", "tokenizer.chat_template": "{{ x }}"})
        run("import", "m.gguf")
        card = checkpoint.load(find_model("m")).card
        assert card["summary"] == "imported from m.gguf"
        assert (card["license"], card["chat_template"]) == ("mit", "{{ x }}")
        assert "chat_template" not in run("info", "m").output

    def test_a_folder_gets_its_name(self) -> None:
        write_folder(Path("Talker"), SMALL, weights_of(SMALL))
        run("import", "Talker/")
        assert checkpoint.load(find_model("Talker")).config == SMALL

    def test_name_bits_template_tokenizer_and_context_can_be_said(self) -> None:
        write_llama2c(Path("m.bin"), SMALL, weights_of(SMALL))
        Path("tokenizer.bin").rename("other.bin")
        said = run(
            "import", "m.bin", "--name", "mine", "--bits", "4", "--template", "tinychat",
            "--tokenizer", "other.bin", "--context", "64",
        ).output  # fmt: skip
        assert "template   tinychat\n" in said
        made = checkpoint.load(find_model("mine"))
        assert made.config.context == 64
        assert made.template["name"] == "tinychat"
        assert {made.matrices[name].bits for name in ("layers.0.qkv", "layers.1.down")} == {4}
        assert made.matrices["embedding"].bits == 8

    def test_a_name_is_not_taken_twice(self) -> None:
        a_gguf()
        run("import", "m.gguf")
        with pytest.raises(Failure, match="there is a model m already"):
            run("import", "m.gguf")

    def test_a_template_that_does_not_fit(self) -> None:
        a_gguf()
        with pytest.raises(Failure, match=r"chatml does not fit: .*<\|im_start\|>"):
            run("import", "m.gguf", "--template", "chatml")
        assert "no template x" in _usage("import", "m.gguf", "--template", "x")

    def test_more_context_than_the_model_has(self) -> None:
        a_gguf()
        with pytest.raises(Failure, match="4,096 tokens at most"):
            run("import", "m.gguf", "--context", "5000")

    def test_a_disk_that_is_too_full_is_seen_before_the_work(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = namedtuple("usage", "total used free")
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10, 9, 1))
        a_gguf()
        with pytest.raises(Failure, match="make room first"):
            run("import", "m.gguf")

    def test_a_disk_that_fills_up_leaves_nothing_behind(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        def full(_descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("engine.container.os.fsync", full)
        a_gguf()
        with pytest.raises(checkpoint.CheckpointError, match="No space left"):
            run("import", "m.gguf")
        assert not list((tmp_path / "data").rglob("*.*"))

    def test_what_is_no_model(self) -> None:
        Path("notes.txt").write_text("hello\n" * 100)
        with pytest.raises(FormatError, match=r"notes\.txt is no model"):
            run("import", "notes.txt")

    def test_a_name_without_letters(self) -> None:
        a_gguf()
        assert "--name" in _usage("import", "m.gguf", "--name", "...")


class TestExport:
    def test_there_and_back_nothing_changes(self) -> None:
        checkpoint.save("ours.safetensors", tiny_checkpoint())
        assert "out.gguf" in run("export", "ours.safetensors", "out.gguf").output
        run("import", "out.gguf")
        made, back = tiny_checkpoint(), checkpoint.load(find_model("out"))
        assert back.template == made.template
        for name, tensor in made.matrices.items():
            assert np.array_equal(back.matrices[name].packed, tensor.packed)

    @pytest.mark.parametrize(("kind", "size"), [("f32", 4.0), ("q8_0", 1.125)])
    def test_for_llama2c(self, kind: str, size: float) -> None:
        made = tiny_checkpoint()
        checkpoint.save("ours.safetensors", made)
        run("export", "ours.safetensors", "out.bin", "--kind", kind)
        matrices = sum(tensor.rows * tensor.cols for tensor in made.matrices.values())
        norms = sum(vector.nbytes for vector in made.vectors.values())
        tables = made.config.context * made.config.head_dim * 4 if kind == "f32" else 0
        header = 28 if kind == "f32" else 256
        assert Path("out.bin").stat().st_size == matrices * size + norms + tables + header
        assert Path("tokenizer.bin").exists()

    def test_four_bits_stay_four_bits(self) -> None:
        a_gguf()
        run("import", "m.gguf", "--bits", "4")
        run("export", "m", "out.gguf")
        assert "0.1M weights bit for bit, 0.0M rounded" in run("import", "out.gguf").output

    def test_what_run_c_takes_for_granted_is_said(self) -> None:
        config = replace(SMALL, rope_theta=100_000.0)
        write_gguf(Path("m.gguf"), config, weights_of(config))
        run("import", "m.gguf")
        assert "note: run.c" in run("export", "m", "out.bin").output

    def test_wrong_usage(self) -> None:
        checkpoint.save("ours.safetensors", tiny_checkpoint())
        assert "--format" in _usage("export", "ours.safetensors", "out")
        assert "f32 or q8_0" in _usage("export", "ours.safetensors", "out.bin", "--kind", "q4_0")


def _usage(*arguments: str) -> str:
    """The complaint about wrong usage."""
    result = CliRunner().invoke(model, arguments)
    assert result.exit_code == 2
    return result.output
