"""An experiment: does lzma pack the customers' files better? The customers are packages of the standard library."""

import lzma
import sysconfig
import time
import zlib
from pathlib import Path

from celery import Celery

from orchestrator_celery import Orchestrator

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)

LIBRARY = Path(sysconfig.get_path("stdlib"))


@app.task
def customers():
    """List the customers that take part."""
    return sorted(path.parent.name for path in LIBRARY.glob("[a-z]*/__init__.py") if path.parent.name != "test")


@app.task
def pack(customer, how):
    """Pack the customer's files and measure size and time."""
    data = b"".join(path.read_bytes() for path in sorted((LIBRARY / customer).glob("*.py")))
    began = time.process_time()
    packed = zlib.compress(data, 9) if how == "zlib" else lzma.compress(data)
    seconds = time.process_time() - began
    return {"customer": customer, "how": how, "bytes": len(data), "packed": len(packed), "seconds": seconds}


@app.task
def compare(measures):
    """Add up the measures of each variant."""
    found = {}
    for how in sorted({measure["how"] for measure in measures}):
        own = [measure for measure in measures if measure["how"] == how]
        size, packed, seconds = (sum(measure[key] for measure in own) for key in ("bytes", "packed", "seconds"))
        found[how] = {
            "customers": sorted(measure["customer"] for measure in own),
            "left": round(packed / size, 3),
            "MB a second": round(size / 1e6 / max(seconds, 1e-6), 1),
        }
    return found
