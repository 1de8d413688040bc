"""The project, in a process that loses the first answer to each call of a script and sends the call again."""

from tests.kit.resending import lose_answers_of_scripts
from tests.worker.tasks import app

lose_answers_of_scripts()

__all__ = ("app",)
