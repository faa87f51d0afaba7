"""The command line, `quicktype`.

Importing this package is cheap: each command imports what it needs when it runs.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Runs the command line and exits.

    The exit code is 0 when it did what was asked, 1 when it failed (one line on standard error says
    why, and what to do), 2 when it was used wrongly, 130 when Ctrl-C stopped it.
    """
    try:
        from quicktype.cli.failures import ReaderGoneError, report
        from quicktype.cli.root import quicktype

        try:
            result = quicktype.main(prog_name="quicktype", standalone_mode=False)
            code = result if isinstance(result, int) else 0
            sys.stdout.flush()
        except (ReaderGoneError, BrokenPipeError):  # whoever read our output has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        except Exception as error:  # noqa: BLE001 - here every failure becomes a line
            code = report(error)
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
