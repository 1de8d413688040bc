"""The parts of one eager run: records and codec in memory, and no store."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from orchestrator_celery.container import Container
from orchestrator_celery.engine.compile.compiler import Compiler
from orchestrator_celery.errors import InvalidTransition
from orchestrator_celery.lifecycle.eager.codec import ObjectCodec
from orchestrator_celery.lifecycle.eager.records import EagerRecords

if TYPE_CHECKING:
    from orchestrator_celery.canvas.graphs.graph import ConditionalGraph
    from orchestrator_celery.dispatch.traces.run_traces import RunTraces
    from orchestrator_celery.records.packed import Tree
    from orchestrator_celery.records.payload import Codec
    from orchestrator_celery.settings import OrchestratorSettings
    from orchestrator_celery.store import Store

__all__ = ("EagerParts", "GraphSource")


class GraphSource:
    """Keeps the graph beside its compiled definition; as an object of its own, it is not copied for each reader."""

    def __init__(self, graph: ConditionalGraph) -> None:
        self.graph = graph


class _Compiler(Compiler):
    """Compiles as for a run on workers, and keeps each graph, whose tokens an eager run moves by the user's names."""

    def _graph(self, signature: ConditionalGraph, options: dict[str, Any], facts: dict[str, Any], *more: Any) -> Tree:
        return super()._graph(signature, options, {**facts, "source": GraphSource(signature)}, *more)


class EagerParts(Container):
    """The container of one eager run. Handles and views read it as they read the container of an app.

    Args:
        container: the parts of the app's orchestrator.
    """

    #: The records; the start of the run sets them.
    records: EagerRecords

    def __init__(self, container: Container) -> None:
        super().__init__(container.app)
        self._of_app = container

    @cached_property
    def settings(self) -> OrchestratorSettings:
        """The settings of the app."""
        return self._of_app.settings

    @property
    def traces(self) -> RunTraces | None:
        """The traces of the app."""
        return self._of_app.traces

    @cached_property
    def store(self) -> Store:
        """Refuse: there is no store.

        Raises:
            InvalidTransition: always.
        """
        raise InvalidTransition(
            "An eager run has no store: start the run on a worker, without task_always_eager, for what needs one."
        )

    @cached_property
    def reader(self) -> EagerRecords:
        """The records."""
        return self.records

    @cached_property
    def codec(self) -> ObjectCodec:
        """Keeps values as objects."""
        return ObjectCodec(self.app)

    @property
    def encoder(self) -> Codec:
        """The codec of runs on workers, for checkpoints: a value that a worker refuses is refused here too."""
        return self._of_app.codec

    @cached_property
    def compiler(self) -> Compiler:
        """Compiles signatures to node trees."""
        return _Compiler(self.app, self.codec)
