"""The canvas primitives that users write. They are plain JSON and know neither Redis nor workers."""

from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.canvas.complex import ComplexSignature
from orchestrator_celery.canvas.graphs.graph import END, START, ConditionalGraph, Retry
from orchestrator_celery.canvas.primitive import Primitive
from orchestrator_celery.canvas.swarm import Swarm

__all__ = ("END", "START", "Approval", "ComplexSignature", "ConditionalGraph", "Primitive", "Retry", "Swarm")
