"""The tray as a process: `python -P -m ui.app`."""

from __future__ import annotations

import sys

from ui.app import backend, instance, logs


def main() -> int:
    """Runs until somebody ends it; what went wrong at the start is one line on standard error."""
    logs.keep_quiet()
    try:
        with instance.claimed():
            backend.check()
            from ui.app.run import run  # noqa: PLC0415 - Qt loads only where its libraries are

            return run()
    except (OSError, instance.AlreadyRunsError) as error:
        print(f"quicktype: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
