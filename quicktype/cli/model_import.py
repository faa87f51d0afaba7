"""`quicktype model import`: a model of another program's becomes one of ours."""

from __future__ import annotations

import re
import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quicktype.cli.examples import examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from engine.formats import ForeignModel
    from quicktype.prompt import PromptTemplate

MAX_CONTEXT = 2048
"""Tokens of context that an imported model gets at most, unless --context says more."""
_MAX_NAME = 80
_SPARE_BYTES = 16 << 20


@click.command(
    name="import",
    epilog=examples(
        "quicktype model import SmolLM2-135M-Instruct.Q8_0.gguf --name smol",
        "quicktype model import stories15M.bin --tokenizer tokenizer.bin",
        "quicktype model import tinychat.bin --template tinychat",
        "quicktype model import ./SmolLM2-135M/ --bits 4     a Hugging Face folder",
        "quicktype chat --model smol                         then use it by its name",
    ),
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", help="What to call it (default: the file's or folder's name).")
@click.option(
    "--bits",
    type=click.Choice(["8", "4"]),
    help="Bits a weight in the layers. Default: as they are where that is exact (Q8_0, Q4_1, "
    "Q4_0), else 8.",
)
@click.option("--template", help="The chat format it was made for (default: what the file hints).")
@click.option(
    "--tokenizer",
    type=click.Path(path_type=Path),
    help="Its tokenizer: a tokenizer.bin, .model or .json (default: its own, or one beside it).",
)
@click.option(
    "--context",
    type=click.IntRange(16),
    help=f"Tokens that it may look back on (default: its own, but at most {MAX_CONTEXT:,}).",
)
def import_model(
    path: Path,
    name: str | None,
    bits: str | None,
    template: str | None,
    tokenizer: Path | None,
    context: int | None,
) -> None:
    """Import a Llama model: GGUF, llama2.c or a Hugging Face folder.

    PATH is a .gguf file, a llama2.c .bin file with its tokenizer.bin beside it, or a folder with
    config.json and safetensors. Nothing is downloaded. The model goes to your own models, where
    `quicktype model list` shows it.
    """
    from engine import formats

    began = time.perf_counter()
    name = _name(name or (path.resolve().name if path.is_dir() else path.stem))
    target = _target(name)
    model = formats.read(path, tokenizer)
    chosen = _template(model, template)
    tokens = _context(model, context)
    click.echo(_described(model))
    _check_space(target, model)
    with _progress(path) as moved:
        made = formats.save(
            target,
            model,
            name=name,
            template=chosen.to_json(),
            card=_card(model, path),
            context=tokens,
            bits=int(bits) if bits else None,
            progress=moved,
        )
    size, seconds = target.stat().st_size / 1e6, time.perf_counter() - began
    lines = {
        "kept": f"{made.kept / 1e6:,.1f}M weights bit for bit, {made.rounded / 1e6:,.1f}M rounded",
        "template": chosen.name + ("" if template else _hint()),
        "context": f"{tokens:,} of {model.config.context:,} tokens",
        "written": f"{target} ({size:,.1f} MB) in {seconds:.1f} s",
        "try it": f"quicktype chat --model {name}",
    }
    click.echo(_table(lines))


def _hint() -> str:
    from quicktype.prompt import TEMPLATES

    return f" (as the file hints; --template takes {', '.join(TEMPLATES)})"


@contextmanager
def _progress(path: Path) -> Iterator[Callable[[int, int], None]]:
    """A bar in a terminal, gone when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = TextColumn("converting {task.description}"), BarColumn(), TaskProgressColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(path.name)
        yield lambda done, everything: bar.update(task, completed=done, total=everything)


def _name(wanted: str) -> str:
    """The name as a file may have it."""
    name = re.sub(r"[^\w.+-]+", "-", wanted).strip("-.")[:_MAX_NAME]
    if not name:
        raise click.UsageError("give the model a name with letters or digits: --name")
    return name


def _target(name: str) -> Path:
    from quicktype.cli.failures import Failure
    from quicktype.model_files import models, own_models

    taken = next((path for path in models() if path.stem == name), None)
    if taken is not None:
        raise Failure(f"there is a model {name} already, {taken}: give this one another --name")
    folder = own_models()
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.safetensors"


def _template(model: ForeignModel, wanted: str | None) -> PromptTemplate:
    """The prompt template: the wanted one, else our own of the file, else what the file hints."""
    from engine.tokenizer import read_tokenizer
    from quicktype.cli.failures import Failure
    from quicktype.prompt import TEMPLATES, PromptEncoder, PromptTemplate, detect

    tokenizer = read_tokenizer(model.tokenizer)
    if wanted is not None and wanted not in TEMPLATES:
        raise click.UsageError(f"there is no template {wanted}, only {', '.join(TEMPLATES)}")
    if wanted is None and model.template is not None:
        try:
            template = PromptTemplate.from_json(model.template)
            PromptEncoder(tokenizer, template)
        except ValueError:
            pass  # not what we would have written: look for hints instead
        else:
            return template
    template = TEMPLATES[wanted or detect(model.chat_template, list(tokenizer.markers))]
    try:
        PromptEncoder(tokenizer, template)
    except ValueError as error:
        if wanted is None:
            return TEMPLATES["lines"]
        raise Failure(f"the template {template.name} does not fit: {error}") from error
    return template


def _context(model: ForeignModel, wanted: int | None) -> int:
    from quicktype.cli.failures import Failure

    most = model.config.context
    if wanted is not None and wanted > most:
        raise Failure(f"this model looks back on {most:,} tokens at most: give a smaller --context")
    return wanted or min(most, MAX_CONTEXT)


def _check_space(target: Path, model: ForeignModel) -> None:
    """Say so before the work, not after it, when the disk is too full."""
    from quicktype.cli.failures import Failure

    needed = model.config.parameters * 17 // 16 + _SPARE_BYTES
    free = shutil.disk_usage(target.parent).free
    if free < needed:
        raise Failure(
            f"{target.parent} has {free / 1e6:,.0f} MB free, this model may take "
            f"{needed / 1e6:,.0f} MB: make room first"
        )


def _card(model: ForeignModel, path: Path) -> dict[str, Any]:
    """What `model info` tells about where it came from."""
    card: dict[str, Any] = {
        "summary": f"imported from {path.name}",
        "format": model.format,
        "weights_in_the_file": model.kinds(),
    }
    card |= {key.replace(".", " "): value for key, value in model.facts.items()}
    if model.chat_template:
        card["chat_template"] = model.chat_template
    return card


def _described(model: ForeignModel) -> str:
    from engine.tokenizer import read_tokenizer

    config = model.config
    shape = f"{config.layers} layers of {config.dim}, {config.heads} heads on {config.kv_heads}"
    kinds = ", ".join(f"{kind} {count / 1e6:,.1f}M" for kind, count in model.kinds().items())
    tokenizer = read_tokenizer(model.tokenizer)
    lines = {
        "read": f"{model.format}: llama, {config.parameters / 1e6:,.1f}M parameters, {shape}",
        "weights": kinds,
        "tokenizer": f"{tokenizer.kind}, {tokenizer.vocab:,} tokens",
    }
    return _table(lines)


def _table(lines: Mapping[str, str]) -> str:
    return "\n".join(f"{name:<10} {text}" for name, text in lines.items())
