"""The shop: an app factory, as Flask's guide for Celery writes it, and one line more."""

import os

from celery import Celery, Task
from flask import Flask

from orchestrator_celery import Orchestrator


def celery_init_app(web):
    """Make the Celery app of a Flask app: every task runs in an application context."""

    class FlaskTask(Task):
        def __call__(self, *args, **kwargs):
            with web.app_context():
                return self.run(*args, **kwargs)

    app = Celery(web.name, task_cls=FlaskTask)
    app.config_from_object(web.config["CELERY"])
    app.set_default()
    web.extensions["celery"] = app
    web.extensions["orchestrator"] = Orchestrator(app)
    return app


def create_app(**settings):
    """Make the Flask app.

    Args:
        **settings: settings that differ from the default.
    """
    web = Flask(__name__)
    redis = os.environ.get("REDIS_URL", "redis://localhost:6379")
    web.config.from_mapping(
        CURRENCY="EUR",
        PRICES={"tea": 300, "coffee": 500, "cup": 800},
        CELERY={"broker_url": f"{redis}/0", "result_backend": f"{redis}/1"},
    )
    web.config.from_mapping(settings)
    web.config.from_prefixed_env("SHOP")
    celery_init_app(web)

    from shop import views

    web.register_blueprint(views.quotes)
    return web
