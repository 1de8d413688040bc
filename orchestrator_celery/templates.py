"""Ready-made graphs under their public name; `orchestrator_celery.canvas.templates` has them."""

from orchestrator_celery.canvas.templates import *  # noqa: F403
from orchestrator_celery.canvas.templates import __all__  # noqa: F401
