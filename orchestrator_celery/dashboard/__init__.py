"""The dashboard: see, steer and search runs in the browser. Install the extra: `orchestrator-celery[dashboard]`.

app.mount("/ops", create_dashboard(celery_app))     # in any ASGI application
"""

from orchestrator_celery.dashboard.server.application import create_dashboard

__all__ = ("create_dashboard",)
