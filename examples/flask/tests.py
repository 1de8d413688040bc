"""The tests of the shop: `pytest tests.py`, with a Redis and a worker in a process of its own."""

import os
import subprocess
import sys
from time import monotonic, sleep

import pytest
from shop import create_app
from shop.tasks import workflow


@pytest.fixture(scope="module")
def web():
    return create_app(TESTING=True)


@pytest.fixture(scope="module")
def worker():
    """A worker whose shop has another currency: tasks run in the context of its own Flask app."""
    command = [sys.executable, "-m", "celery", "-A", "make_celery", "worker", "-c", "1", "-l", "WARNING"]
    process = subprocess.Popen(command, env={**os.environ, "SHOP_CURRENCY": "GBP"})
    yield process
    process.terminate()
    process.wait()


@pytest.fixture
def client(web):
    return web.test_client()


def poll(client, address):
    """Ask for a quote until it is there, as a page would; answers all that was told."""
    end, told = monotonic() + 60, []
    while not told or told[-1]["status"] not in ("SUCCEEDED", "FAILED"):
        assert monotonic() < end, told[-1:]
        sleep(0.05)
        told.append(client.get(address).json)
    return told


def test_a_quote_is_polled_until_it_is_there(client, worker):
    started = client.post("/quotes/", json=["tea", "cup", "tea"])
    assert started.status_code == 202
    told = poll(client, started.headers["Location"])
    assert told[-1] == {"status": "SUCCEEDED", "done": 4, "total": 4, "quote": "14.00 GBP"}
    done = [one["done"] for one in told]
    assert done == sorted(done)
    refused = client.post(f"{started.headers['Location']}/suspend")
    assert (refused.status_code, "SUCCEEDED" in refused.json["detail"]) == (409, True)


def test_a_product_without_a_price_fails_the_quote(client, worker):
    started = client.post("/quotes/", json=["gold"])
    assert poll(client, started.headers["Location"])[-1]["status"] == "FAILED"


def test_a_quote_is_stopped_and_goes_on(web, client, worker):
    run = workflow(["tea"]).apply_async(countdown=3600)
    assert client.post(f"/quotes/{run.id}/suspend").json == {"status": "SUSPENDED"}
    assert client.post(f"/quotes/{run.id}/resume").status_code == 200
    trail = web.extensions["orchestrator"].audit(actor="a user of the shop", run=run.id)
    assert {entry.verb for entry in trail} >= {"suspend", "resume"}
    run.cancel(confirm=True)


def test_an_unknown_quote_is_not_found(client):
    answer = client.get("/quotes/nobody")
    assert (answer.status_code, "nobody" in answer.json["detail"]) == (404, True)
