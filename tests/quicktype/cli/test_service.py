"""What the daemon's commands say without a daemon."""

from __future__ import annotations

from click.testing import CliRunner

from quicktype.cli.root import quicktype
from ui.app import autostart


def test_the_unit_is_printed_as_systemd_wants_it() -> None:
    done = CliRunner().invoke(quicktype, ["daemon", "--systemd", "show"])
    assert done.exit_code == 0
    assert done.output == autostart.unit()


def test_statistics_of_a_new_user_are_all_nothing(tmp_path: object) -> None:
    done = CliRunner().invoke(quicktype, ["stats"], env={"XDG_DATA_HOME": str(tmp_path)})
    assert done.exit_code == 0
    assert "keys saved    0 (0%)" in done.output
