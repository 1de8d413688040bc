"""Start a run, and look at it in all three applications, in this process: `python run.py`."""

import asyncio
import re

import django_app
import fastapi_app
import httpx
import starlette_app
from tasks import count_words

from orchestrator_celery import Swarm


async def look(web, run):
    transport = httpx.ASGITransport(app=web)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", follow_redirects=True) as client:
        print((await client.get("/hello")).json())
        for address in ("/ops", "/ops/", "/ops/runs"):
            page = await client.get(address)
            print(" ", address, page.status_code, page.url.path, re.search("<base [^>]*>", page.text)[0])
        assets = re.findall(r'(?:src|href)="\.?/?(assets/[^"]+)"', page.text)
        answers = [(await client.get(f"/ops/{asset}")).status_code for asset in assets]
        print("  assets", set(answers) or "are not built: run `make frontend`")
        found = (await client.get(f"/ops/api/runs/{run.id}")).json()["run"]
        print("  the run", found["name"], found["status"])


async def main():
    run = await Swarm([count_words.s("to be or not to be")], name="words").aio.apply_async()
    await run.aio.get(timeout=60)
    for module in (fastapi_app, starlette_app, django_app):
        await look(module.web, run)


asyncio.run(main())
