"""The dashboard: see, steer and search runs in the browser. Install the extra: `orchestrator-celery[dashboard]`.

app.mount("/ops", create_dashboard(celery_app))     # in any ASGI application
"""

from orchestrator_celery.dashboard.server.access.django_auth import DjangoAuth
from orchestrator_celery.dashboard.server.access.logins import BasicAuth, TokenAuth, hashed_password
from orchestrator_celery.dashboard.server.access.oidc import OIDCAuth
from orchestrator_celery.dashboard.server.application import create_dashboard

__all__ = ("BasicAuth", "DjangoAuth", "OIDCAuth", "TokenAuth", "create_dashboard", "hashed_password")
