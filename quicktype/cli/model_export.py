"""`quicktype model export`: one of our models for llama.cpp or llama2.c."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from quicktype.cli.examples import examples

if TYPE_CHECKING:
    from engine.checkpoint import Checkpoint

_FORMATS = {".gguf": "gguf", ".bin": "llama2c"}
_LLAMA2C_VERSIONS = {"f32": 0, "q8_0": 2}


@click.command(
    name="export",
    epilog=examples(
        "quicktype model export quicktype-chat chat.gguf                for llama.cpp",
        "quicktype model export quicktype-chat chat.gguf --kind q4_1    in half the bytes",
        "quicktype model export stories15M out/model.bin                for llama2.c's run",
        "quicktype model export stories15M out/model.bin --kind q8_0    for its runq",
    ),
)
@click.argument("model")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "file_format",
    type=click.Choice(sorted(_FORMATS.values())),
    help="Default: what OUT ends in, .gguf or .bin.",
)
@click.option(
    "--kind",
    type=click.Choice(["q8_0", "q4_1", "q4_0", "f16", "f32"]),
    help="How weights are kept. Default: as they are (q8_0 or q4_1); for llama2.c f32, its version "
    "0, and q8_0 is its version 2.",
)
def export_model(model: str, out: Path, file_format: str | None, kind: str | None) -> None:
    """Write MODEL, a listed model or a weights file, to OUT as GGUF or for llama2.c.

    For llama2.c, tokenizer.bin is written beside OUT.
    """
    from engine.checkpoint import load
    from quicktype.model_files import find_model

    wanted = file_format or _FORMATS.get(out.suffix)
    if wanted is None:
        raise click.UsageError("say in which --format, gguf or llama2c, or let OUT end in it")
    checkpoint = load(find_model(model))
    if wanted == "gguf":
        _gguf(checkpoint, out, kind)
    else:
        _llama2c(checkpoint, out, kind)
    click.echo(f"{out}: {out.stat().st_size / 1e6:,.1f} MB")


def _gguf(checkpoint: Checkpoint, out: Path, kind: str | None) -> None:
    from engine.formats import write_gguf

    four_bits = any(tensor.bits == 4 for tensor in checkpoint.matrices.values())
    write_gguf(out, checkpoint, kind or ("q4_1" if four_bits else "q8_0"))


def _llama2c(checkpoint: Checkpoint, out: Path, kind: str | None) -> None:
    from engine.formats import caveats, write_llama2c

    version = _LLAMA2C_VERSIONS.get(kind or "f32")
    if version is None:
        raise click.UsageError("llama2.c keeps weights as f32 or q8_0 only")
    write_llama2c(out, checkpoint, version)
    for caveat in caveats(checkpoint):
        click.echo(f"note: {caveat}", err=True)
