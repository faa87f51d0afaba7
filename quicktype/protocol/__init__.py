"""The wire: one JSON object a line, in UTF-8. ``docs/protocol.md`` explains it.

Nothing here reads or writes: `LineReader` cuts bytes into lines, `decode_client` and
`decode_server` make messages of them, `encode` makes lines of messages.
"""

from quicktype.protocol.client_messages import (
    MAX_CANDIDATES,
    MAX_WORDS,
    Cancel,
    ClientMessage,
    Complete,
    Feedback,
    Forget,
    Hello,
    Learn,
    Limits,
    Observe,
    Prepare,
    Reload,
    Shutdown,
    Status,
    decode_client,
)
from quicktype.protocol.fields import Code, Id, ProtocolError
from quicktype.protocol.lines import MAX_LINE, LineReader, TooLong, encode
from quicktype.protocol.server_messages import (
    Done,
    Error,
    Latency,
    ModelInfo,
    Ok,
    ServerMessage,
    StatusReport,
    Suggestions,
    Timing,
    Welcome,
    decode_server,
)

VERSION = 1
"""The protocol's number, as `Hello` and `Welcome` say it."""

__all__ = [
    "MAX_CANDIDATES",
    "MAX_LINE",
    "MAX_WORDS",
    "VERSION",
    "Cancel",
    "ClientMessage",
    "Code",
    "Complete",
    "Done",
    "Error",
    "Feedback",
    "Forget",
    "Hello",
    "Id",
    "Latency",
    "Learn",
    "Limits",
    "LineReader",
    "ModelInfo",
    "Observe",
    "Ok",
    "Prepare",
    "ProtocolError",
    "Reload",
    "ServerMessage",
    "Shutdown",
    "Status",
    "StatusReport",
    "Suggestions",
    "Timing",
    "TooLong",
    "Welcome",
    "decode_client",
    "decode_server",
    "encode",
]
