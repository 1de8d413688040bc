"""Redis and nothing but Redis: the records of runs and the Lua transitions on them."""

from orchestrator_celery.store.transitions import Store
from orchestrator_celery.store.verbs import Effects, Refused

__all__ = ("Effects", "Refused", "Store")
