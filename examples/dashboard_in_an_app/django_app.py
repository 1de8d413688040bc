"""The dashboard beside a Django project: `uvicorn django_app:web`, then http://localhost:8000/ops/.

In a project of yours, only the last part is new: it belongs into `asgi.py`.
"""

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import JsonResponse
from django.urls import path
from tasks import app

from orchestrator_celery.dashboard import create_dashboard

settings.configure(ALLOWED_HOSTS=["localhost", "127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="only for this example")
urlpatterns = [path("hello", lambda request: JsonResponse("Django", safe=False))]

django = get_asgi_application()
dashboard = create_dashboard(app, base_path="/ops")


async def web(scope, receive, send):
    is_ours = scope["type"] == "http" and f"{scope['path']}/".startswith("/ops/")
    await (dashboard if is_ours else django)(scope, receive, send)
