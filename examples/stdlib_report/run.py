"""Measure the standard library: `python run.py [stdlib_report.html]`."""

import platform
import sys
from pathlib import Path

from celery import chain
from tasks import measure, report

from orchestrator_celery import ComplexSignature, Swarm
from orchestrator_celery.cli.demo.display import follow
from orchestrator_celery.cli.demo.measure import source_files, stdlib
from orchestrator_celery.cli.demo.page import html_page
from orchestrator_celery.cli.demo.text import text_report

output = Path(sys.argv[1] if len(sys.argv) > 1 else "stdlib_report.html")
root, names = str(stdlib()), source_files(stdlib())

# A few files of the library contain errors on purpose, so up to five in a hundred may fail.
files = Swarm([measure.s(root, name) for name in names], max_concurrency=64, max_failures=0.05)
run = ComplexSignature(chain(files, report.s(names)), name="stdlib_report").apply_async()
print("run", run.id)
follow(run, sys.stdout)

summary = run.get()
title = f"The standard library of Python {platform.python_version()}, measured"
output.write_text(html_page(summary, title=title, subtitle=f"Run {run.id}"), encoding="utf-8")
print(text_report(summary), f"Report: {output}", sep="\n\n")
