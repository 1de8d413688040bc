"""Call the web application in this process: `python run.py`."""

import asyncio

import httpx
from web import web


async def main():
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=web), base_url="http://localhost", timeout=60)
    async with web.router.lifespan_context(web), client:
        texts = [["one"], ["to be", "or not to be"], ["that is the question"] * 3]
        started = await asyncio.gather(*(client.post("/runs", json=given) for given in texts))
        ids = [answer.json()["id"] for answer in started]
        for answer in await asyncio.gather(*(client.get(f"/runs/{id}/result") for id in ids)):
            print("words", answer.json())
        print((await client.get(f"/runs/{ids[0]}/events")).text.splitlines()[-1])
        refused = await client.post(f"/runs/{ids[0]}/suspend")
        print(refused.status_code, "SUCCEEDED" in refused.json()["detail"])
        print((await client.get("/runs/nobody/result")).status_code, len((await client.get("/runs")).json()), "runs")
        shown = (await client.get(f"/ops/api/runs/{ids[0]}")).json()["run"]
        print("the dashboard shows", shown["tags"], shown["status"])


asyncio.run(main())
