"""Ready-made signatures for subscriptions; `orchestrator_celery.canvas.notify_tasks` has them."""

from orchestrator_celery.canvas.notify_tasks import *  # noqa: F403
from orchestrator_celery.canvas.notify_tasks import __all__  # noqa: F401
