"""A Redis that is up and refuses commands for now, in each way that one server can."""

import shutil
from contextlib import contextmanager
from pathlib import Path

from tests.kit.waiting import wait_for

__all__ = ("REFUSALS", "refusing")


@contextmanager
def _configured(client, **settings):
    before = {name: client.config_get(name)[name] for name in settings}
    try:
        for name, value in settings.items():
            client.config_set(name, value)
        yield
    finally:
        for name, value in before.items():
            client.config_set(name, value)


@contextmanager
def _full(client):
    with _configured(client, maxmemory=1, **{"maxmemory-policy": "noeviction"}):
        yield


@contextmanager
def _without_replicas(client):
    with _configured(client, **{"min-replicas-to-write": 1}):
        yield


@contextmanager
def _replica(client, serves):
    """A replica whose master is gone."""
    with _configured(client, **{"replica-serve-stale-data": serves}):
        client.execute_command("REPLICAOF", "127.0.0.1", "1")
        try:
            yield
        finally:
            client.execute_command("REPLICAOF", "NO", "ONE")


@contextmanager
def _unable_to_save(client):
    """A server whose last snapshot failed, because a folder has the name of its file."""
    file = Path(client.config_get("dir")["dir"]) / client.config_get("dbfilename")["dbfilename"]
    file.unlink(missing_ok=True)
    (file / "in the way").mkdir(parents=True)
    with _configured(client, save="3600 1"):
        client.bgsave()
        wait_for(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err", what="a failed snapshot")
        try:
            yield
        finally:
            shutil.rmtree(file)
            client.bgsave()
            wait_for(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "ok", what="a snapshot")


#: Ways to refuse, by the code of the error.
REFUSALS = {
    "OOM": _full,
    "NOREPLICAS": _without_replicas,
    "READONLY": lambda client: _replica(client, "yes"),
    "MASTERDOWN": lambda client: _replica(client, "no"),
    "MISCONF": _unable_to_save,
}


@contextmanager
def refusing(server, code):
    """Let a server refuse what it can refuse with this code, and take everything again afterwards."""
    with server.client() as client, REFUSALS[code](client):
        yield
