"""The project with OpenTelemetry's own SDK, which writes each span that ends as a line of a file."""

import os
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from tests.worker.tasks import *  # noqa: F403
from tests.worker.tasks import app  # noqa: F401


def provider(path):
    """A provider of tracers that writes to a file."""
    written = Path(path).open("a", buffering=1)  # noqa: SIM115 - it is open as long as the process lives
    made = TracerProvider()
    made.add_span_processor(
        SimpleSpanProcessor(ConsoleSpanExporter(out=written, formatter=lambda span: span.to_json(indent=None) + "\n"))
    )
    return made


if "TEST_SPANS" in os.environ:
    trace.set_tracer_provider(provider(os.environ["TEST_SPANS"]))
    if os.environ.get("TEST_INSTRUMENTED"):
        from opentelemetry.instrumentation.celery import CeleryInstrumentor

        CeleryInstrumentor().instrument()
