"""Count the lines and words of a text: `python run.py [file]`."""

import hashlib
import sys
from pathlib import Path

from celery import chain, group
from tasks import count_lines, read, summary, top_words

from orchestrator_celery import ComplexSignature

path = str(Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve())
workflow = ComplexSignature(
    chain(read.s(path), group(count_lines.s(), top_words.s(5)), summary.s(path)),
    name="text summary",
)

# The id is an idempotency key: a second start with the same text returns the same run.
key = hashlib.sha256(Path(path).read_bytes()).hexdigest()
run = workflow.apply_async(task_id=key)
print(run.get())
print(run.tree())
