"""The dashboard in a Starlette application: `uvicorn starlette_app:web`, then http://localhost:8000/ops/."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from tasks import app

from orchestrator_celery.dashboard import create_dashboard


async def hello(request: Request) -> Response:
    return JSONResponse("Starlette")


web = Starlette(routes=[Route("/hello", hello), Mount("/ops", create_dashboard(app))])
