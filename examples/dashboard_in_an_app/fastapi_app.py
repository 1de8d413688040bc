"""The dashboard in a FastAPI application: `uvicorn fastapi_app:web`, then http://localhost:8000/ops/."""

from fastapi import FastAPI
from tasks import app

from orchestrator_celery.dashboard import create_dashboard

web = FastAPI()
web.mount("/ops", create_dashboard(app))


@web.get("/hello")
async def hello() -> str:
    return "FastAPI"
