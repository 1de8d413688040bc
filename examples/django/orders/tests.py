"""The tests of the shop: `python manage.py test`, with a Redis and a worker in a process of its own."""

import json
import os
import re
import subprocess
import sys
from time import monotonic, sleep

from django.contrib.auth.models import Permission, User
from django.db import connection, transaction
from django.test import TransactionTestCase
from django_celery_beat.schedulers import DatabaseScheduler
from django_celery_results.models import TaskResult
from shop.asgi import application
from shop.celery import app, orchestrator
from starlette.testclient import TestClient

from orchestrator_celery import RunNotFound, RunStatus
from orders.models import Order
from orders.periodic import plan
from orders.tasks import price, workflow


def wait_for(found, seconds=60):
    end = monotonic() + seconds
    while not (value := found()):
        assert monotonic() < end, "nothing after all this time"
        sleep(0.05)
    return value


class ShopTest(TransactionTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = {**os.environ, "SHOP_DB": connection.settings_dict["NAME"]}
        command = [sys.executable, "-m", "celery", "-A", "shop", "worker", "-c", "1", "-l", "WARNING"]
        worker = subprocess.Popen(command, env=env)
        cls.addClassCleanup(worker.wait)
        cls.addClassCleanup(worker.terminate)

    def test_an_order_is_worked_off_after_the_commit(self):
        answer = self.client.post("/orders/", json.dumps(["tea", "cup"]), content_type="application/json")
        placed = answer.json()
        assert orchestrator.run(placed["run"]).get(timeout=60) == 11
        shown = self.client.get(f"/orders/{placed['number']}/").json()
        assert shown == {"total": 11, "status": "SUCCEEDED", "done": 3}

    def test_a_rolled_back_order_starts_nothing(self):
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            run = workflow(Order.objects.create(products=["tea"])).delay_on_commit()
            raise ZeroDivisionError
        with self.assertRaises(RunNotFound):
            orchestrator.run(run.id)
        assert not Order.objects.exists()

    def test_results_arrive_in_the_database(self):
        order = Order.objects.create(products=["tea", "coffee"])
        run = workflow(order).delay_on_commit()
        assert run.get(timeout=60) == 8
        kept = wait_for(lambda: TaskResult.objects.filter(task_id=run.id, status="SUCCESS").first())
        assert json.loads(kept.result) == 8

    def test_a_failed_run_tells_the_database(self):
        run = workflow(Order.objects.create(products=["gold"])).delay_on_commit()
        wait_for(lambda: TaskResult.objects.filter(task_id=run.id, status="FAILURE").exists())
        assert run.status is RunStatus.FAILED

    def test_tasks_start_on_commit_too(self):
        with transaction.atomic():
            price.delay_on_commit("cup")
            assert not TaskResult.objects.exists()
        assert json.loads(wait_for(lambda: TaskResult.objects.filter(status="SUCCESS").first()).result) == 8

    def test_periodic_runs_start(self):
        stored = plan(seconds=1)
        scheduler = DatabaseScheduler(app=app)

        def started():
            scheduler.tick()
            return stored.runs() and orchestrator.runs(name="all prices")

        wait_for(started)
        assert orchestrator.runs(name="all prices")[0].get(timeout=60) == [3, 8]
        assert stored.runs()[0].get(timeout=60) == 5


class DashboardTest(TransactionTestCase):
    """The dashboard at `/ops`, for people of the site."""

    def visit(self, name, **facts):
        user = User.objects.create_user(name, password="correct horse", **facts)
        for permission in {"vera": ["view_runs"], "olga": ["steer_runs"]}.get(name, []):
            user.user_permissions.add(Permission.objects.get(codename=permission))
        browser = TestClient(application, base_url="http://localhost", follow_redirects=False)
        page = browser.get("/ops/runs").headers["location"]
        assert page == "/accounts/login/?next=/ops/runs"
        token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(page).text)[1]
        form = {"username": name, "password": "correct horse", "csrfmiddlewaretoken": token}
        assert browser.post(page, data=form).headers["location"] == "/ops/runs"
        return browser

    def test_people_come_in_by_their_permissions(self):
        run = workflow(Order.objects.create(products=["tea"])).apply_async(countdown=3600)
        for name, verb, status in (("root", "suspend", 200), ("olga", "resume", 200), ("vera", "suspend", 403)):
            address = f"/ops/api/runs/{run.id}/{verb}"
            browser = self.visit(name, is_superuser=name == "root")
            token = browser.get("/ops/api/session").json()["csrf"]
            assert browser.get("/ops/api/runs").status_code == 200
            assert browser.post(address).status_code == 403
            assert browser.post(address, headers={"X-CSRF-Token": token}).status_code == status
        run.cancel(confirm=True)

    def test_others_stay_outside(self):
        browser = self.visit("eve", is_staff=True)
        assert browser.get("/ops/runs").status_code == browser.get("/ops/api/runs").status_code == 403
        assert TestClient(application, base_url="http://localhost").get("/ops/api/runs").status_code == 401

    def test_a_logout_ends_both_sessions(self):
        browser = self.visit("root", is_superuser=True)
        token = browser.get("/ops/api/session").json()["csrf"]
        assert browser.delete("/ops/api/session", headers={"X-CSRF-Token": token}).status_code == 204
        assert browser.get("/ops/api/runs").status_code == 401
        assert browser.get("/admin/").status_code == 302
