"""What clients send to a Redis, as it tells itself."""

import threading
from collections import Counter
from contextlib import contextmanager

from orchestrator_celery.store.scripting import scripts


@contextmanager
def watched(client, db=None):
    """Counts what clients send, and the scripts by name, as MONITOR tells it; `commandstats` knows no scripts.

    Args:
        client: of the server.
        db: count only what is sent to this database.
    """
    names = {scripts.load(name).sha: name for name in scripts.names()}
    sent, called, over = Counter(), Counter(), threading.Event()

    def watch(monitor):
        for line in monitor.listen():
            if over.is_set():
                return
            if line["client_type"] == "lua" or (db is not None and str(line["db"]) != str(db)):
                continue
            words = line["command"].split()
            sent[words[0].lower()] += 1
            if words[0].upper() == "EVALSHA" and words[1] in names:
                called[names[words[1]]] += 1

    with client.monitor() as monitor:
        thread = threading.Thread(target=watch, args=(monitor,))
        thread.start()
        try:
            yield sent, called
        finally:
            over.set()
            client.ping()
            thread.join()
