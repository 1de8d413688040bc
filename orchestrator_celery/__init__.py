"""Durable, steerable, visible workflows on top of Celery: add `Orchestrator(app)` to a project."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator_celery import templates
    from orchestrator_celery.audit import acting
    from orchestrator_celery.canvas.approval import Approval
    from orchestrator_celery.canvas.complex import ComplexSignature
    from orchestrator_celery.canvas.conditions import error, node, otherwise, result, run_input, visits, when
    from orchestrator_celery.canvas.graph import END, START, ConditionalGraph
    from orchestrator_celery.canvas.retry import Retry
    from orchestrator_celery.canvas.swarm import Swarm
    from orchestrator_celery.errors import (
        ApprovalTimeout,
        BulkRejected,
        ConditionError,
        ConfirmationRequired,
        DeadlineExceeded,
        ForeignSignature,
        GraphInvalid,
        GraphRecursion,
        Interrupted,
        InvalidSettings,
        InvalidTransition,
        InvalidWorkflow,
        LeafIgnored,
        NodeNotFound,
        NoRoute,
        NotInstalled,
        OrchestratorError,
        PayloadTooLarge,
        PoisonedTask,
        RunCancelled,
        RunNotFound,
        SignatureGone,
        SignatureInUse,
        StoreNotConfigured,
        StoreUnavailable,
        SwarmClosed,
        SwarmFailed,
        SwarmFull,
    )
    from orchestrator_celery.model.answers import BulkCancelPlan, RunAnswer
    from orchestrator_celery.model.audit import AuditEntry, CancelPlan
    from orchestrator_celery.model.events import (
        ApprovalAwaited,
        ArrivalIgnored,
        Event,
        ItemsAdded,
        NodeCheckpointed,
        NodeFailed,
        NodeHeld,
        NodeInterrupted,
        NodeLost,
        NodeProgressed,
        NodeRepublished,
        NodeResumed,
        NodeRetried,
        NodeSkipped,
        NodeStarted,
        NodeSucceeded,
        NodeVetoed,
        PriorityChanged,
        RunClosed,
        StatusChanged,
        SwarmWasClosed,
    )
    from orchestrator_celery.model.problems import Problem
    from orchestrator_celery.model.reports import (
        InterruptedTask,
        InterruptOutcome,
        InterruptReport,
        ResumeAction,
        ResumedNode,
        ResumeReport,
    )
    from orchestrator_celery.model.states import NodeKind, NodeState, Priority, RunStatus, SignatureStatus
    from orchestrator_celery.model.views import (
        AnswerView,
        ApprovalView,
        BulkReport,
        ItemView,
        NodeProgress,
        NodeView,
        Progress,
        RunView,
    )
    from orchestrator_celery.orchestrator import Orchestrator
    from orchestrator_celery.run import Run
    from orchestrator_celery.runs import RunList
    from orchestrator_celery.settings import OrchestratorSettings, TaskPolicy
    from orchestrator_celery.stored import StoredSignature
    from orchestrator_celery.worker.current import current_node

_WHERE = {
    "orchestrator": ("Orchestrator",),
    "canvas": ("END", "START", "Approval", "ComplexSignature", "ConditionalGraph", "Retry", "Swarm"),
    "canvas.conditions": ("error", "node", "otherwise", "result", "run_input", "visits", "when"),
    "run": ("Run",),
    "settings": ("OrchestratorSettings", "TaskPolicy"),
    "model.states": ("NodeKind", "NodeState", "Priority", "RunStatus", "SignatureStatus"),
    "model.events": (
        "ApprovalAwaited",
        "ArrivalIgnored",
        "Event",
        "ItemsAdded",
        "NodeCheckpointed",
        "NodeFailed",
        "NodeHeld",
        "NodeInterrupted",
        "NodeLost",
        "NodeProgressed",
        "NodeRepublished",
        "NodeResumed",
        "NodeRetried",
        "NodeSkipped",
        "NodeStarted",
        "NodeSucceeded",
        "NodeVetoed",
        "RunClosed",
        "StatusChanged",
        "PriorityChanged",
        "SwarmWasClosed",
    ),
    "audit": ("acting",),
    "model.answers": ("BulkCancelPlan", "RunAnswer"),
    "runs": ("RunList",),
    "stored": ("StoredSignature",),
    "model.audit": ("AuditEntry", "CancelPlan"),
    "model.problems": ("Problem",),
    "model.reports": (
        "InterruptOutcome",
        "InterruptReport",
        "InterruptedTask",
        "ResumeAction",
        "ResumeReport",
        "ResumedNode",
    ),
    "worker.current": ("current_node",),
    "model.views": (
        "AnswerView",
        "ApprovalView",
        "BulkReport",
        "ItemView",
        "NodeProgress",
        "NodeView",
        "Progress",
        "RunView",
    ),
    "errors": (
        "ApprovalTimeout",
        "BulkRejected",
        "ConditionError",
        "ConfirmationRequired",
        "DeadlineExceeded",
        "ForeignSignature",
        "GraphInvalid",
        "GraphRecursion",
        "Interrupted",
        "InvalidSettings",
        "InvalidTransition",
        "InvalidWorkflow",
        "LeafIgnored",
        "NoRoute",
        "NodeNotFound",
        "NotInstalled",
        "OrchestratorError",
        "PayloadTooLarge",
        "PoisonedTask",
        "RunCancelled",
        "RunNotFound",
        "SignatureGone",
        "SignatureInUse",
        "StoreNotConfigured",
        "StoreUnavailable",
        "SwarmClosed",
        "SwarmFailed",
        "SwarmFull",
    ),
}
#: Modules that are public as they are.
_SUBMODULES = ("templates",)
_MODULES = {name: module for module, names in _WHERE.items() for name in names}

__all__ = (
    # install
    "Orchestrator",
    "OrchestratorSettings",
    "TaskPolicy",
    # canvas
    "END",
    "START",
    "Approval",
    "ComplexSignature",
    "ConditionalGraph",
    "Priority",
    "Retry",
    "Swarm",
    # conditions of a graph
    "error",
    "node",
    "otherwise",
    "result",
    "run_input",
    "visits",
    "when",
    # graphs by template
    "templates",
    # handles and what they show
    "AnswerView",
    "ApprovalView",
    "AuditEntry",
    "BulkCancelPlan",
    "BulkReport",
    "CancelPlan",
    "InterruptOutcome",
    "InterruptReport",
    "InterruptedTask",
    "ItemView",
    "NodeKind",
    "NodeProgress",
    "NodeState",
    "NodeView",
    "Problem",
    "Progress",
    "ResumeAction",
    "ResumeReport",
    "ResumedNode",
    "Run",
    "RunAnswer",
    "RunList",
    "RunStatus",
    "RunView",
    "SignatureStatus",
    "StoredSignature",
    # what happens in a run
    "ApprovalAwaited",
    "ArrivalIgnored",
    "Event",
    "ItemsAdded",
    "NodeCheckpointed",
    "NodeFailed",
    "NodeHeld",
    "NodeInterrupted",
    "NodeLost",
    "NodeProgressed",
    "NodeRepublished",
    "NodeResumed",
    "NodeRetried",
    "NodeSkipped",
    "NodeStarted",
    "NodeSucceeded",
    "NodeVetoed",
    "RunClosed",
    "StatusChanged",
    "PriorityChanged",
    "SwarmWasClosed",
    # on whose behalf
    "acting",
    # inside a task
    "current_node",
    # errors
    "ApprovalTimeout",
    "BulkRejected",
    "ConditionError",
    "ConfirmationRequired",
    "DeadlineExceeded",
    "ForeignSignature",
    "GraphInvalid",
    "GraphRecursion",
    "Interrupted",
    "InvalidSettings",
    "InvalidTransition",
    "InvalidWorkflow",
    "LeafIgnored",
    "NoRoute",
    "NodeNotFound",
    "NotInstalled",
    "OrchestratorError",
    "PayloadTooLarge",
    "PoisonedTask",
    "RunCancelled",
    "RunNotFound",
    "SignatureGone",
    "SignatureInUse",
    "StoreNotConfigured",
    "StoreUnavailable",
    "SwarmClosed",
    "SwarmFailed",
    "SwarmFull",
)


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for, so that importing the package stays cheap."""
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
