"""A connection that loses the first answer to each command and sends the command again, as redis-py does after a time-out."""

from __future__ import annotations

from contextlib import contextmanager, suppress

from redis import Redis
from redis.connection import AbstractConnection, Connection
from redis.exceptions import ResponseError

__all__ = ("ResendingConnection", "lose_answers_of_scripts", "resending", "resending_client")

#: Commands without an answer of their own, or with which the client waits.
_ONCE = {"SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SSUBSCRIBE", "BLPOP", "BRPOP", "MULTI", "EXEC"}


class ResendingConnection(Connection):
    """Sends each command, and each pipeline, twice. The caller reads the answers to the second."""

    def connect(self):
        """Connect without doubling what a new connection says about itself."""
        self._ready = False
        super().connect()
        self._ready = True

    def send_command(self, *args, **kwargs):
        """Send a command, drop its answer, and send it again."""
        if getattr(self, "_ready", False) and str(args[0]).upper() not in _ONCE:
            super().send_command(*args, **kwargs)
            self._drop(1)
        super().send_command(*args, **kwargs)

    def pack_commands(self, commands):
        """Count the commands of a pipeline."""
        commands = list(commands)
        self._expected = 0 if any(str(command[0]).upper() in _ONCE for command in commands) else len(commands)
        return super().pack_commands(commands)

    def send_packed_command(self, command, check_health=True):
        """Send a pipeline twice."""
        expected, self._expected = getattr(self, "_expected", 0), 0
        if expected and self._ready:
            command = list(command)
            super().send_packed_command(command, check_health)
            self._drop(expected)
        super().send_packed_command(command, check_health)

    def _drop(self, count):
        for _ in range(count):
            with suppress(ResponseError):  # such as NOSCRIPT, which the second sending meets too
                self.read_response()


def resending_client(client):
    """A client of the same server over connections that lose every first answer."""
    settings = {k: v for k, v in client.connection_pool.connection_kwargs.items() if k in ("host", "port", "db")}
    pool = type(client.connection_pool)(connection_class=ResendingConnection, **settings)
    return Redis(connection_pool=pool)


@contextmanager
def resending(client):
    """Let an existing client lose every first answer within the block."""
    pool = client.connection_pool
    before = pool.connection_class
    pool.disconnect()
    pool.reset()
    pool.connection_class = ResendingConnection
    try:
        yield
    finally:
        pool.disconnect()
        pool.reset()
        pool.connection_class = before


def lose_answers_of_scripts():
    """Let this whole process lose the first answer to each call of a script, and send the call again."""
    send = AbstractConnection.send_command

    def sent_twice(self, *args, **kwargs):
        if str(args[0]).upper() in ("EVALSHA", "EVAL"):
            send(self, *args, **kwargs)
            with suppress(ResponseError):
                self.read_response()
        send(self, *args, **kwargs)

    AbstractConnection.send_command = sent_twice
