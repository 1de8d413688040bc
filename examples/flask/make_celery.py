"""The Celery app for the worker and the dashboard: `celery -A make_celery worker`."""

from shop import create_app

flask_app = create_app()
app = flask_app.extensions["celery"]
