"""What an orchestrator is made of: settings, store, readers, codec, publisher, each made when it is needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from orchestrator_celery.dispatch.publisher import Publisher
from orchestrator_celery.dispatch.worker_tasks import WorkerTasks
from orchestrator_celery.engine.batching import Batching
from orchestrator_celery.engine.compile.compiler import Compiler
from orchestrator_celery.errors import StoreNotConfigured
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.settings import OrchestratorSettings
from orchestrator_celery.store import Store
from orchestrator_celery.store.audit_stream import AuditTrail
from orchestrator_celery.store.connection import connect
from orchestrator_celery.store.reader import Reader
from orchestrator_celery.store.worker_registry import Registry

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("Wiring",)


class Wiring:
    """The parts of one orchestrator; nothing is connected and no setting is read before it is needed."""

    app: Celery

    @cached_property
    def settings(self) -> OrchestratorSettings:
        """The settings, read once.

        Raises:
            InvalidSettings: names every key that is unknown or has a value that is not allowed.
        """
        return OrchestratorSettings.read(self.app.conf)

    @cached_property
    def store(self) -> Store:
        """The state store.

        Raises:
            StoreNotConfigured: neither the result backend nor `orchestrator_store_url` is Redis.
        """
        return Store(connect(self.app, self.settings.store_url), self.settings)

    @property
    def has_store(self) -> bool:
        """Whether a store is configured; a project may install the extension and not use it yet."""
        try:
            return self.store is not None
        except StoreNotConfigured:
            return False

    @cached_property
    def reader(self) -> Reader:
        """Reads records."""
        return Reader(self.store.client, self.store.keys)

    @cached_property
    def registry(self) -> Registry:
        """The workers that live."""
        return Registry(self.store.client, self.store.keys)

    @property
    def trail(self) -> AuditTrail:
        """The audit trail."""
        return AuditTrail(self.store.client, self.store.keys, self.settings.audit_retention)

    @cached_property
    def codec(self) -> Codec:
        """Encodes payloads by the app's serializers."""
        return Codec(self.app, self.settings.max_payload)

    @cached_property
    def workers(self) -> WorkerTasks:
        """What the workers know."""
        return WorkerTasks(self.app)

    @cached_property
    def compiler(self) -> Compiler:
        """Makes trees of signatures."""
        return Compiler(self.app, self.codec, Batching(self.app, self.settings))

    @cached_property
    def publisher(self) -> Publisher:
        """Sends messages."""
        return Publisher(self.app, self.store, self.reader, self.codec, self.settings)
