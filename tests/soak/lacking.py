"""The project of the soak in an older release, which lacks the task that `TEST_LACKS` names."""

import os

from tests.soak.project import app

app.tasks.unregister(os.environ["TEST_LACKS"])
