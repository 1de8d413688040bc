"""A web application that starts, watches and controls runs: `uvicorn web:web`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, StreamingResponse
from tasks import app, count_words, orchestrator

from orchestrator_celery import InvalidTransition, Run, RunNotFound, Swarm, acting
from orchestrator_celery.dashboard import TokenAuth, create_dashboard

#: Without a token, the dashboard answers programs on this machine only.
token = os.environ.get("DASHBOARD_TOKEN")


@asynccontextmanager
async def lifespan(web: FastAPI) -> AsyncIterator[None]:
    await orchestrator.aio.runs(limit=1)  # without a store, the application does not start
    yield


web = FastAPI(lifespan=lifespan)
web.mount("/ops", create_dashboard(app, auth=TokenAuth({token: ("ada", "operator")}) if token else None))


@web.exception_handler(RunNotFound)
async def not_found(request: Request, exc: RunNotFound) -> JSONResponse:
    return JSONResponse({"detail": str(exc)}, 404)


@web.exception_handler(InvalidTransition)
async def refused(request: Request, exc: InvalidTransition) -> JSONResponse:
    return JSONResponse({"detail": str(exc)}, 409)


@web.post("/runs")
async def start(texts: list[str]) -> dict[str, str]:
    run = await Swarm([count_words.s(text) for text in texts], tags=["web"]).aio.apply_async()
    return {"id": run.id}


@web.get("/runs")
async def runs() -> list[dict[str, Any]]:
    return [run.view.model_dump(mode="json") async for run in (await orchestrator.aio.runs(tag="web")).aio]


@web.get("/runs/{id}/result")
async def result(id: str) -> list[int]:
    return await (await orchestrator.aio.run(id)).aio.get(timeout=60)


@web.get("/runs/{id}/events")
async def events(id: str) -> StreamingResponse:
    run = await orchestrator.aio.run(id)
    return StreamingResponse(lines(run), media_type="application/x-ndjson")


async def lines(run: Run) -> AsyncIterator[str]:
    async for event in run.aio.watch():
        yield f"{type(event).__name__} {event.node}\n"


@web.post("/runs/{id}/{verb}")
async def control(id: str, verb: str) -> dict[str, str]:
    run = await orchestrator.aio.run(id)
    if verb not in ("suspend", "resume"):
        raise HTTPException(404)
    with acting("a user of the web application"):
        await (run.aio.suspend() if verb == "suspend" else run.aio.resume())
    return {"status": await run.aio.status()}
