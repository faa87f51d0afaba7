"""Tells quicktype the conversations of HexChat, which shows them to nobody else.

Put this file into ~/.config/hexchat/addons/ (HexChat with its Python plugin). It needs nothing
but the standard library, and is silent when no daemon runs.
"""

from __future__ import annotations

import json
import os
import re
import socket

import hexchat

__module_name__ = "quicktype"
__module_version__ = "1.0"
__module_description__ = "Tells quicktype what is said"

_MESSAGES = (
    "Channel Message",
    "Channel Msg Hilight",
    "Private Message",
    "Private Message to Dialog",
    "Your Message",
)
_COLOURS = re.compile("\x03\\d{0,2}(,\\d{1,2})?|[\x02\x0f\x11\x16\x1d\x1e\x1f]")


def socket_path() -> str:
    """Where the daemon listens."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return os.environ.get("QUICKTYPE_SOCKET") or f"{runtime}/quicktype/daemon.sock"


def tell(turns: list[dict[str, str]]) -> None:
    """Says these messages of the conversation that this context is."""
    channel = hexchat.get_info("channel") or ""
    line = {
        "type": "observe",
        "conversation_id": f"hexchat/{hexchat.get_info('network')}/{channel}",
        "app": "hexchat",
        "partner": channel,
        "speaker": hexchat.get_info("nick") or "me",
        "turns": turns,
    }
    try:
        with socket.socket(socket.AF_UNIX) as daemon:
            daemon.settimeout(0.05)
            daemon.connect(socket_path())
            daemon.sendall(json.dumps(line).encode() + b"\n")
    except OSError:
        pass  # no daemon: nobody wants to know


def on_message(words: list[str], _eol: list[str], _data: object) -> None:
    """Somebody said something."""
    speaker, text = (_COLOURS.sub("", word) for word in words[:2])
    tell([{"speaker": speaker, "text": text}])


def on_focus(_words: list[str], _eol: list[str], _data: object) -> None:
    """The user is in this conversation now."""
    tell([])


for name in _MESSAGES:
    hexchat.hook_print(name, on_message)
hexchat.hook_print("Focus Tab", on_focus)
