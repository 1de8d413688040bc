"""The project of this folder in a release that lacks some of its tasks: `TEST_LACKS` has their names."""

import os

from tests.worker.tasks import app

for name in os.environ["TEST_LACKS"].split(","):
    app.tasks.unregister(name)
