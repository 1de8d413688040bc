"""The public names of the package: the one list of them. `__init__.py` loads each when it is first used."""

from . import (
    notify as notify,
)
from . import (
    templates as templates,
)
from .canvas.approval import (
    Approval as Approval,
)
from .canvas.complex import (
    ComplexSignature as ComplexSignature,
)
from .canvas.conditions.language import (
    Expression as Expression,
)
from .canvas.conditions.language import (
    condition as condition,
)
from .canvas.conditions.language import (
    condition_text as condition_text,
)
from .canvas.conditions.language import (
    error as error,
)
from .canvas.conditions.language import (
    node as node,
)
from .canvas.conditions.language import (
    otherwise as otherwise,
)
from .canvas.conditions.language import (
    result as result,
)
from .canvas.conditions.language import (
    run_input as run_input,
)
from .canvas.conditions.language import (
    visits as visits,
)
from .canvas.conditions.language import (
    when as when,
)
from .canvas.eager.dry_run import (
    DryRun as DryRun,
)
from .canvas.eager.dry_run import (
    DryRunError as DryRunError,
)
from .canvas.eager.dry_run import (
    DryRunStep as DryRunStep,
)
from .canvas.graphs.differences import (
    EdgeDifference as EdgeDifference,
)
from .canvas.graphs.differences import (
    GraphDifferences as GraphDifferences,
)
from .canvas.graphs.differences import (
    NodeDifference as NodeDifference,
)
from .canvas.graphs.graph import (
    END as END,
)
from .canvas.graphs.graph import (
    START as START,
)
from .canvas.graphs.graph import (
    ConditionalGraph as ConditionalGraph,
)
from .canvas.retry import (
    Retry as Retry,
)
from .canvas.swarm import (
    Swarm as Swarm,
)
from .errors import (
    ApprovalTimeout as ApprovalTimeout,
)
from .errors import (
    BulkRejected as BulkRejected,
)
from .errors import (
    ConditionError as ConditionError,
)
from .errors import (
    ConditionSyntaxError as ConditionSyntaxError,
)
from .errors import (
    ConfirmationRequired as ConfirmationRequired,
)
from .errors import (
    DeadlineExceeded as DeadlineExceeded,
)
from .errors import (
    DefinitionMismatch as DefinitionMismatch,
)
from .errors import (
    ForeignRun as ForeignRun,
)
from .errors import (
    ForeignSignature as ForeignSignature,
)
from .errors import (
    FormatTooNew as FormatTooNew,
)
from .errors import (
    FormatTooOld as FormatTooOld,
)
from .errors import (
    GraphChanged as GraphChanged,
)
from .errors import (
    GraphInvalid as GraphInvalid,
)
from .errors import (
    GraphNotFound as GraphNotFound,
)
from .errors import (
    GraphRecursion as GraphRecursion,
)
from .errors import (
    Interrupted as Interrupted,
)
from .errors import (
    InvalidSettings as InvalidSettings,
)
from .errors import (
    InvalidSubscription as InvalidSubscription,
)
from .errors import (
    InvalidTransition as InvalidTransition,
)
from .errors import (
    InvalidView as InvalidView,
)
from .errors import (
    InvalidWorkflow as InvalidWorkflow,
)
from .errors import (
    LeafIgnored as LeafIgnored,
)
from .errors import (
    NodeNotFound as NodeNotFound,
)
from .errors import (
    NoRoute as NoRoute,
)
from .errors import (
    NotificationFailed as NotificationFailed,
)
from .errors import (
    NotificationRefused as NotificationRefused,
)
from .errors import (
    NotInstalled as NotInstalled,
)
from .errors import (
    OrchestratorError as OrchestratorError,
)
from .errors import (
    PayloadTooLarge as PayloadTooLarge,
)
from .errors import (
    PoisonedTask as PoisonedTask,
)
from .errors import (
    RunCancelled as RunCancelled,
)
from .errors import (
    RunNotFound as RunNotFound,
)
from .errors import (
    SignatureGone as SignatureGone,
)
from .errors import (
    SignatureInUse as SignatureInUse,
)
from .errors import (
    StartUnconfirmed as StartUnconfirmed,
)
from .errors import (
    StoreNotConfigured as StoreNotConfigured,
)
from .errors import (
    StoreUnavailable as StoreUnavailable,
)
from .errors import (
    SwarmClosed as SwarmClosed,
)
from .errors import (
    SwarmFailed as SwarmFailed,
)
from .errors import (
    SwarmFull as SwarmFull,
)
from .errors import (
    UnknownOption as UnknownOption,
)
from .errors import (
    ViewChanged as ViewChanged,
)
from .handles.catalogs.saved_views import (
    SavedViews as SavedViews,
)
from .handles.current_node import (
    current_node as current_node,
)
from .handles.lazy_list import (
    LazyList as LazyList,
)
from .handles.run import (
    Run as Run,
)
from .handles.run_list import (
    RunList as RunList,
)
from .handles.stored_signature import (
    StoredSignature as StoredSignature,
)
from .handles.telling.subscriptions import (
    Subscription as Subscription,
)
from .lifecycle.audit import (
    acting as acting,
)
from .model.answers import (
    BulkCancelPlan as BulkCancelPlan,
)
from .model.answers import (
    RunAnswer as RunAnswer,
)
from .model.audit import (
    AuditEntry as AuditEntry,
)
from .model.audit import (
    CancelPlan as CancelPlan,
)
from .model.changes import (
    ApprovalRequested as ApprovalRequested,
)
from .model.changes import (
    Change as Change,
)
from .model.changes import (
    ChangesMissed as ChangesMissed,
)
from .model.changes import (
    NodeChanged as NodeChanged,
)
from .model.changes import (
    ResumeReported as ResumeReported,
)
from .model.changes import (
    RunChanged as RunChanged,
)
from .model.checks import (
    Check as Check,
)
from .model.checks import (
    CheckLevel as CheckLevel,
)
from .model.events import (
    ApprovalAwaited as ApprovalAwaited,
)
from .model.events import (
    ArrivalIgnored as ArrivalIgnored,
)
from .model.events import (
    CompositeFailed as CompositeFailed,
)
from .model.events import (
    CompositeSucceeded as CompositeSucceeded,
)
from .model.events import (
    Event as Event,
)
from .model.events import (
    ItemsAdded as ItemsAdded,
)
from .model.events import (
    NodeCheckpointed as NodeCheckpointed,
)
from .model.events import (
    NodeFailed as NodeFailed,
)
from .model.events import (
    NodeHeld as NodeHeld,
)
from .model.events import (
    NodeInterrupted as NodeInterrupted,
)
from .model.events import (
    NodeLost as NodeLost,
)
from .model.events import (
    NodeProgressed as NodeProgressed,
)
from .model.events import (
    NodeRepublished as NodeRepublished,
)
from .model.events import (
    NodeResumed as NodeResumed,
)
from .model.events import (
    NodeRetried as NodeRetried,
)
from .model.events import (
    NodeSkipped as NodeSkipped,
)
from .model.events import (
    NodeStarted as NodeStarted,
)
from .model.events import (
    NodeSucceeded as NodeSucceeded,
)
from .model.events import (
    NodeVetoed as NodeVetoed,
)
from .model.events import (
    PriorityChanged as PriorityChanged,
)
from .model.events import (
    RunClosed as RunClosed,
)
from .model.events import (
    StatusChanged as StatusChanged,
)
from .model.events import (
    SwarmWasClosed as SwarmWasClosed,
)
from .model.events import (
    UnknownEvent as UnknownEvent,
)
from .model.filters.run_filter import (
    RunFilter as RunFilter,
)
from .model.lifecycle import (
    VerbChoice as VerbChoice,
)
from .model.logs import (
    LogLine as LogLine,
)
from .model.observe.nodes import (
    EdgeKind as EdgeKind,
)
from .model.observe.nodes import (
    GraphEdge as GraphEdge,
)
from .model.observe.nodes import (
    NodeData as NodeData,
)
from .model.observe.saved_graphs import (
    GraphVersion as GraphVersion,
)
from .model.observe.saved_graphs import (
    SavedGraph as SavedGraph,
)
from .model.observe.saved_views import (
    SavedView as SavedView,
)
from .model.observe.statistics import (
    HourStatistics as HourStatistics,
)
from .model.observe.statistics import (
    KindStatistics as KindStatistics,
)
from .model.observe.statistics import (
    Spread as Spread,
)
from .model.observe.statistics import (
    Statistics as Statistics,
)
from .model.observe.subscriptions import (
    Notice as Notice,
)
from .model.observe.tasks import (
    TaskInfo as TaskInfo,
)
from .model.observe.tasks import (
    TaskParameter as TaskParameter,
)
from .model.observe.timeline import (
    NodeTimes as NodeTimes,
)
from .model.observe.workers import (
    WorkerView as WorkerView,
)
from .model.printing.redaction import (
    redacted as redacted,
)
from .model.problems import (
    Problem as Problem,
)
from .model.reports import (
    InterruptedTask as InterruptedTask,
)
from .model.reports import (
    InterruptOutcome as InterruptOutcome,
)
from .model.reports import (
    InterruptReport as InterruptReport,
)
from .model.reports import (
    ResumeAction as ResumeAction,
)
from .model.reports import (
    ResumedNode as ResumedNode,
)
from .model.reports import (
    ResumeReport as ResumeReport,
)
from .model.states import (
    NodeKind as NodeKind,
)
from .model.states import (
    NodeState as NodeState,
)
from .model.states import (
    Priority as Priority,
)
from .model.states import (
    RunStatus as RunStatus,
)
from .model.states import (
    SignatureStatus as SignatureStatus,
)
from .model.views import (
    AnswerView as AnswerView,
)
from .model.views import (
    ApprovalView as ApprovalView,
)
from .model.views import (
    BulkReport as BulkReport,
)
from .model.views import (
    ErrorView as ErrorView,
)
from .model.views import (
    ItemView as ItemView,
)
from .model.views import (
    NodeProgress as NodeProgress,
)
from .model.views import (
    NodeView as NodeView,
)
from .model.views import (
    Progress as Progress,
)
from .model.views import (
    RunView as RunView,
)
from .model.warnings import (
    WorkerWithoutExtension as WorkerWithoutExtension,
)
from .orchestrator import (
    Orchestrator as Orchestrator,
)
from .settings import (
    OrchestratorSettings as OrchestratorSettings,
)
from .settings import (
    TaskPolicy as TaskPolicy,
)
from .views.events.following import (
    Follower as Follower,
)
from .views.events.following import (
    News as News,
)
