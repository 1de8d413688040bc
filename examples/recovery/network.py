"""A small TCP proxy between workers and Redis that can cut all connections."""

import asyncio
import socket
import struct
from threading import Thread

HOST = "127.0.0.1"
#: Socket option: close with a reset (RST) instead of a FIN, as a router that has lost its table does.
RESET = struct.pack("ii", 1, 0)


class Network:
    """A context manager that forwards bytes from its own port to another port.

    Args:
        target: Port of Redis.
    """

    def __init__(self, target):
        self.port = 0
        self._target = target
        self._writers = set()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        self.mend()
        return self

    def __exit__(self, *error):
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def cut(self):
        """Reset all connections and refuse new ones."""
        self._do(self._close())

    def mend(self):
        """Accept connections again, at the same port."""
        self._do(self._listen())

    def _do(self, work):
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _listen(self):
        self._server = await asyncio.start_server(self._carry, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self):
        self._server.close()
        for writer in self._writers:
            connection = writer.get_extra_info("socket")
            if connection.fileno() >= 0:  # otherwise it is closed already
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    async def _carry(self, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
        self._writers -= {writer, far_writer}


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # the connection was cut
    writer.close()
