"""Ready-made graphs: each template is a function that makes a graph, or adds its nodes to an existing graph."""

from orchestrator_celery.canvas.templates.attempts import fallback, loop_until, retry
from orchestrator_celery.canvas.templates.checking import approval_gate, validation_stages
from orchestrator_celery.canvas.templates.choices import ab_split, success_or_failure, switch, threshold
from orchestrator_celery.canvas.templates.draft import Where
from orchestrator_celery.canvas.templates.lists import map_reduce
from orchestrator_celery.canvas.templates.parameters import Level, Stage
from orchestrator_celery.canvas.templates.register import TemplateInfo, build, catalog

__all__ = (
    # templates
    "ab_split",
    "approval_gate",
    "fallback",
    "loop_until",
    "map_reduce",
    "retry",
    "success_or_failure",
    "switch",
    "threshold",
    "validation_stages",
    # parts of their parameters
    "Level",
    "Stage",
    "Where",
    # for tools
    "TemplateInfo",
    "build",
    "catalog",
)
