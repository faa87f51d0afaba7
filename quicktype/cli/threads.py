"""The option for how many threads compute."""

from __future__ import annotations

import click

THREADS = click.IntRange(1, 256)

threads_option = click.option(
    "--threads",
    envvar="QUICKTYPE_THREADS",
    default=1,
    show_default=True,
    type=THREADS,
    help="How many compute, where that pays: prompts, and all of a model above 50 MB. "
    "Also by $QUICKTYPE_THREADS.",
)
