"""The Redis store: the records of runs and the Lua transitions on them."""

from orchestrator_celery.store.scripting.script_call import Effects, Refused
from orchestrator_celery.store.transitions.runs import Confirmed, Store

__all__ = ("Confirmed", "Effects", "Refused", "Store")
