"""The site and the dashboard below `/ops`, behind the login of the site: `uvicorn shop.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
django = get_asgi_application()

from orchestrator_celery.dashboard import DjangoAuth, create_dashboard  # noqa: E402
from shop.celery import app  # noqa: E402  `DjangoAuth` needs a Django that is set up

login = DjangoAuth(permissions={"orders.view_runs": "viewer", "orders.steer_runs": "operator"})
dashboard = create_dashboard(app, auth=login, base_path="/ops")


async def application(scope, receive, send):
    is_ours = scope["type"] == "http" and f"{scope['path']}/".startswith("/ops/")
    await (dashboard if is_ours else django)(scope, receive, send)
