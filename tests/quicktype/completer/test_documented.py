"""What the pages say about the completer is what the code does."""

from __future__ import annotations

from pathlib import Path

from quicktype.completer.gate import THRESHOLD

ROOT = Path(__file__).parents[3]


def test_the_pages_name_the_threshold_that_ships() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"from a confidence of {THRESHOLD:.0%} on" in readme
    decision = (ROOT / "docs" / "decisions" / "0002-how-sure-a-word-is.md").read_text("utf-8")
    assert f"The gate's threshold is {THRESHOLD}, so" in decision
