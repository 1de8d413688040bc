"""The Redis store: the records of runs and the Lua transitions on them."""

from orchestrator_celery.store.script_call import Effects, Refused
from orchestrator_celery.store.transitions import Store

__all__ = ("Effects", "Refused", "Store")
