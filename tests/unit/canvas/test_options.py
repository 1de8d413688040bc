"""Options: a misspelt one is refused wherever one may be given; Celery's own and a project's own pass."""

from __future__ import annotations

import inspect

import pytest
from celery import Celery, Task

from orchestrator_celery import (
    Approval,
    ComplexSignature,
    ConditionalGraph,
    InvalidSettings,
    Orchestrator,
    OrchestratorError,
    Retry,
    Swarm,
    TaskPolicy,
    UnknownOption,
    templates,
)
from orchestrator_celery.canvas.options import OF_A_RUN, _of_celery

from ..apps import make_app

APP = make_app()
A = APP.tasks["a"]
MAKE = {
    Swarm: lambda **options: Swarm([A.s()], **options),
    ConditionalGraph: lambda **options: ConditionalGraph("g", app=APP, **options),
    ComplexSignature: lambda **options: ComplexSignature(A.s(), **options),
}
#: Ways to give an option, by whether the primitive is there already.
BUILT = {
    "set": lambda kind, **options: MAKE[kind]().set(**options),
    "apply_async": lambda kind, **options: MAKE[kind]().apply_async(**options),
    "apply": lambda kind, **options: MAKE[kind]().apply(**options),
}
KINDS = pytest.mark.parametrize("kind", MAKE, ids=lambda kind: kind.__name__)
ALL_WAYS = pytest.mark.parametrize("way", ["constructor", *BUILT])


def give(kind, way, option, value=None):
    make = MAKE[kind] if way == "constructor" else lambda **options: BUILT[way](kind, **options)
    return make(**{option: value})


def misspelt(word):
    """Two neighbours exchanged, in the middle of the word."""
    places = sorted(range(len(word) - 1), key=lambda place: abs(place - len(word) // 2))
    place = next(place for place in places if word[place] != word[place + 1])
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def arguments(function):
    kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [
        name for name, one in inspect.signature(function).parameters.items() if one.kind in kinds and name != "self"
    ]


ARGUMENTS = [(kind, name) for kind in MAKE for name in sorted({*arguments(kind.__init__), *OF_A_RUN})]


@pytest.mark.parametrize(("kind", "argument"), ARGUMENTS, ids=lambda one: getattr(one, "__name__", one))
@ALL_WAYS
def test_a_misspelt_argument_is_refused(kind, argument, way):
    """Given nearly the name of an argument, in the constructor or too late, then the error names the argument."""
    with pytest.raises(UnknownOption, match=rf"{kind.__name__}.*'{misspelt(argument)}'.*did you mean '{argument}'\?"):
        give(kind, way, misspelt(argument))


@pytest.mark.parametrize("option", sorted(name for name in _of_celery() if len(name) > 3))
@ALL_WAYS
def test_a_misspelt_option_of_celery_is_refused(option, way):
    """Given nearly the name of an execution option, then the error names that option."""
    with pytest.raises(UnknownOption, match=rf"did you mean '{option}'\?"):
        give(Swarm, way, misspelt(option))


@pytest.mark.parametrize(
    ("kind", "argument"),
    [pair for pair in ARGUMENTS if pair[1] not in {*OF_A_RUN, "retry", "app"}],
    ids=lambda one: getattr(one, "__name__", one),
)
@pytest.mark.parametrize("way", BUILT)
def test_an_argument_of_the_constructor_is_too_late(kind, argument, way):
    """Given an argument of the constructor where the primitive is built, then the error says where it belongs."""
    with pytest.raises(UnknownOption, match=rf"{kind.__name__}.*Write {kind.__name__}\(\.\.\., {argument}="):
        give(kind, way, argument, 3)


@pytest.mark.parametrize(
    "option", ["max_retries", "acks_late", "rate_limit", "autoretry_for", "default_retry_delay", "bind"]
)
@KINDS
@ALL_WAYS
def test_an_option_of_a_tasks_declaration_is_refused(kind, option, way):
    """Given an option that only a declaration of a task has, then the error says so."""
    with pytest.raises(UnknownOption, match=rf"'{option}'.*@app\.task\({option}="):
        give(kind, way, option, 1)


@pytest.mark.parametrize(
    "field", [(Swarm, "levels"), (Swarm, "own_callbacks"), (ConditionalGraph, "nodes"), (ConditionalGraph, "edges")]
)
def test_a_part_of_the_definition_is_no_option(field):
    """Given what only methods write, then it is not taken for an option."""
    with pytest.raises(UnknownOption, match="methods such as"):
        give(field[0], "constructor", field[1], [])


@pytest.mark.parametrize("option", sorted(_of_celery() - {"app", "immutable", "retry", "headers"}))
@KINDS
def test_options_of_celery_pass(kind, option):
    """Given any execution option of Celery, then it is one, and is kept."""
    assert MAKE[kind](**{option: 1}).options[option] == 1
    assert MAKE[kind]().set(**{option: 1}).options[option] == 1


@KINDS
def test_stamps_pass(kind):
    """Given a stamp that has nearly the name of an argument, then it is a stamp."""
    assert MAKE[kind]().set(stamped_headers=["nmae"], nmae="x").options["nmae"] == "x"
    stamped = MAKE[kind]()
    stamped.stamp(nmae="x")
    assert stamped.options["nmae"] == "x"


@KINDS
@pytest.mark.parametrize("option", ["tenant", "x_request_id", "shard", "user"])
@pytest.mark.parametrize("way", [way for way in ("constructor", *BUILT) if way != "apply"])  # which runs the tasks
def test_options_of_a_project_pass(kind, option, way, monkeypatch):
    """Given an option that resembles none, then a router or a task class of the project may read it."""
    monkeypatch.setattr(kind, "_start", lambda self, args, kwargs, options: options)
    found = give(kind, way, option, 5)
    assert (found if way == "apply_async" else found.options)[option] == 5


def _nothing():
    pass


def test_what_a_projects_task_class_takes_passes():
    """Given a class whose `apply_async` names an option that resembles one of ours, then it passes."""
    app = Celery("own", set_as_current=False, broker="memory://", backend="redis://127.0.0.1:1/0")

    class Filed(Task):
        def apply_async(self, args=None, kwargs=None, *, deadlines=(), **options):
            return super().apply_async(args, kwargs, **options)

    Orchestrator(app)
    task = app.task(_nothing, name="filed", shared=False, base=Filed)
    assert Swarm([task.s()], deadlines=["a"]).options["deadlines"] == ["a"]
    with pytest.raises(UnknownOption):
        Swarm([A.s()], deadlines=["a"])


def test_what_the_settings_name_passes():
    """Given `orchestrator_own_options`, then what it names passes, and nothing else does."""
    app = make_app(orchestrator_own_options=["tagz"])
    assert Swarm([app.tasks["a"].s()], tagz=1).options["tagz"] == 1
    with pytest.raises(UnknownOption, match="orchestrator_own_options"):
        Swarm([app.tasks["a"].s()], tagz=1, dedline=1)


def test_what_travels_is_not_asked_again():
    """Given a message of an older client with an option that is refused now, then it is read all the same."""
    message = {**MAKE[Swarm](), "options": {"nmae": 1}}
    assert Swarm.from_dict(message, app=APP).options["nmae"] == 1


GRAPH = ConditionalGraph("fixed", app=APP)
FIXED = {
    "Approval": (Approval, ()),
    "Retry": (Retry, (3,)),
    "add_node": (GRAPH.add_node, ("a", A.s())),
    "add_edge": (GRAPH.add_edge, ()),
    "add_conditional_edges": (GRAPH.add_conditional_edges, ("a", {})),
    "add_error_edge": (GRAPH.add_error_edge, ("a", "b")),
    "add_task": (MAKE[Swarm]().add_task, (A.s(),)),
    "add_tasks_bulk": (MAKE[Swarm]().add_tasks_bulk, ([],)),
    "add_task_and_run": (MAKE[Swarm]().add_task_and_run, (A.s(),)),
    "running add_task": (Orchestrator.of(APP).swarm("r").add_task, (A.s(),)),
    "running add_tasks_bulk": (Orchestrator.of(APP).swarm("r").add_tasks_bulk, ([],)),
    "save": (Orchestrator.of(APP).save, (A.s(),)),
    **{info.name: (getattr(templates, info.name), ()) for info in templates.catalog()},
}
OF_ADDING = ("priority", "on_success", "on_error", "on_cleanup")


@pytest.mark.parametrize("name", FIXED)
def test_every_misspelt_argument_of_a_builder_is_named(name):
    """Given any argument of a builder or of `save` misspelt, then the error names the one that is meant."""
    call, args = FIXED[name]
    names = OF_ADDING if name == "add_task_and_run" else [one for one in arguments(call) if len(one) > 2]
    for argument in [*names, *(("prefix", "after") if hasattr(templates, name) else ())]:
        with pytest.raises(UnknownOption, match=rf"'{misspelt(argument)}'.*did you mean '{argument}'\?"):
            call(*args, **{misspelt(argument): 1})
    assert GRAPH.nodes == GRAPH.edges == []


@pytest.mark.parametrize("field", TaskPolicy.model_fields)
def test_a_misspelt_field_of_a_policy_is_named(field):
    """Given any field of a policy misspelt, then the error names the one that is meant, and every other problem."""
    wrong = {"max_resumes": -1, "interrupt_signal": "SIGNOTHING", misspelt(field): None}
    with pytest.raises(InvalidSettings) as caught:
        TaskPolicy(**wrong)
    assert f"{misspelt(field)} is not a field of TaskPolicy: did you mean {field}?" in str(caught.value)
    assert "max_resumes=-1" in str(caught.value)
    assert "'SIGNOTHING' is not a signal here" in str(caught.value)
    assert isinstance(caught.value, OrchestratorError)
