"""The background process: sockets in asyncio, and one thread in which the model computes."""

from quicktype.daemon.place import SocketError
from quicktype.daemon.server import Loaded, serve

__all__ = ["Loaded", "SocketError", "serve"]
