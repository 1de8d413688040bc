"""Starts quotes, and tells how far they are."""

from flask import Blueprint, current_app, jsonify, request, url_for

from orchestrator_celery import InvalidTransition, RunNotFound, RunStatus, acting
from shop.tasks import workflow

quotes = Blueprint("quotes", __name__, url_prefix="/quotes")


def find(id):
    return current_app.extensions["orchestrator"].run(id)


@quotes.post("/")
def start():
    run = workflow(request.get_json()).delay()
    return jsonify(id=run.id), 202, {"Location": url_for("quotes.show", id=run.id)}


@quotes.get("/<id>")
def show(id):
    run = find(id)
    status = run.status  # before the progress, so that a run that has succeeded is shown with all its tasks done
    progress = run.progress()
    answer = {"status": status, "done": progress.done, "total": progress.total}
    if status is RunStatus.SUCCEEDED:
        answer["quote"] = run.get(timeout=10)
    return jsonify(answer)


@quotes.post("/<id>/<any(suspend, resume):verb>")
def steer(id, verb):
    run = find(id)
    with acting("a user of the shop"):  # the name in the audit trail
        run.suspend() if verb == "suspend" else run.resume()
    return jsonify(status=run.status)


@quotes.errorhandler(RunNotFound)
def not_found(exc):
    return jsonify(detail=str(exc)), 404


@quotes.errorhandler(InvalidTransition)
def refused(exc):
    return jsonify(detail=str(exc)), 409
