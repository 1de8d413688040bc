"""Holds every workflow against its known answer, and its keys against their time to live."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from redis.exceptions import RedisError

from orchestrator_celery import RunNotFound
from tests.kit.answers import is_answers
from tests.soak.client import AWAY
from tests.soak.shapes import Flow

#: Seconds after its deletion time at which no key of a run may be left, and by which it may be early (clocks, rounding).
GRACE, EARLY = 10, 1.5
#: What PTTL says of a key without an end.
NO_EXPIRY = -1


@dataclass
class Case:
    """What is known of one flow."""

    flow: Flow
    closed: float | None = None
    took: float = 0.0
    expires: float | None = None
    gone: float | None = None
    wrong: list[str] = field(default_factory=list)
    detail: str = ""


class Judge:
    """Looks at all flows, again and again.

    Args:
        orchestrator: of the client's app.
        retention: seconds an ended run is kept.
    """

    def __init__(self, orchestrator, retention):
        self.orchestrator, self.retention = orchestrator, retention
        self.cases: dict[str, Case] = {}
        self.strays: list[str] = []

    def expect(self, flow):
        self.cases[flow.id] = Case(flow)

    def open(self):
        return [case for case in self._known() if case.closed is None]

    def kept(self):
        return [case for case in self._known() if case.closed is not None and case.gone is None]

    def _known(self):
        """The cases of this moment: another thread adds more."""
        return list(self.cases.values())

    def look(self):
        """One round; a Redis that is away is looked at in the next."""
        try:
            store = self.orchestrator.container.store
            self._heads(store, self.open())
            self._lives(store, self.kept())
        except AWAY:
            pass

    def _heads(self, store, cases):
        pipe = store.client.pipeline(transaction=False)
        for case in cases:
            pipe.hmget(store.keys.root(case.flow.id), "status", "created", "closed")
        for case, (status, created, closed) in zip(cases, pipe.execute() if cases else [], strict=True):
            if status is None:
                case.wrong.append("no such run, though it was accepted")
                case.closed = case.gone = store.now()
            elif closed is not None:
                self._examine(case, status.decode())
                case.closed, case.took = float(closed) / 1000, (float(closed) - float(created)) / 1000

    def _examine(self, case, status):
        flow, run, wrong = case.flow, self.orchestrator.run(case.flow.id), []
        wanted = "FAILED" if flow.error else "SUCCEEDED"
        if status != wanted:
            wrong.append(f"status {status}, wanted {wanted}")
        wrong += self._compare("outcome", flow, lambda: run.outcome())
        wrong += self._compare("Celery's result", flow, lambda: run.get(timeout=1, disable_sync_subtasks=False))
        ends = Counter(
            event.node
            for event in run.events()
            if type(event).__name__ in ("NodeSucceeded", "NodeFailed", "CompositeSucceeded", "CompositeFailed")
        )
        wrong += [f"node {node} ended {count} times" for node, count in ends.items() if count > 1]
        if ends["0"] != 1:
            wrong.append(f"its end was noted {ends['0']} times")
        if wrong:
            case.wrong, case.detail = wrong, self.describe(case)

    def _compare(self, what, flow, read):
        got, error = self._answer(read)
        if error in {kind.__name__ for kind in AWAY}:
            # The run's own error, or Redis went away under us: then this raises, and the next round looks again.
            self.orchestrator.container.store.client.ping()
            got, error = self._answer(read)
        if (got, error) != (flow.value, flow.error):
            yield f"{what} is {error or repr(got)}, wanted {flow.error or repr(flow.value)}"

    @staticmethod
    def _answer(read):
        try:
            return read(), None
        except Exception as exc:
            return None, type(exc).__name__

    def _lives(self, store, cases):
        """Every ended run is there until its time is over, and is not there soon after."""
        pipe, now = store.client.pipeline(transaction=False), store.now()
        for case in cases:
            pipe.pttl(store.keys.root(case.flow.id))
            pipe.exists(*self._keys(store, case.flow.id))
        answers = pipe.execute() if cases else []
        for case, ttl, left in zip(cases, answers[::2], answers[1::2], strict=True):
            if ttl > 0:
                case.expires = now + ttl / 1000
            elif not left:
                case.gone = now
                early = (case.expires or case.closed + self.retention) - now
                if early > EARLY or now < case.closed + self.retention - EARLY:
                    case.wrong.append(f"deleted {early:.1f} s early")
            elif ttl == NO_EXPIRY:
                continue  # a callback that is told of the end waits in the queue, behind hundreds of other runs
            elif now > (case.expires or case.closed + self.retention) + GRACE:
                case.gone = now
                case.wrong.append(f"{left} of its keys are left {GRACE} s after their time")

    @staticmethod
    def _keys(store, run):
        root = store.keys.root(run)
        return [root, *(f"{root}:{part}" for part in "dltmecop")]

    def give_up(self):
        """What is still open never ended."""
        for case in self.open():
            case.wrong.append("never ended")
            case.detail = self.describe(case)

    def give_up_kept(self):
        """What is still there has callbacks that never ended."""
        for case in self.kept():
            case.wrong.append("ended, but was never over")
            case.detail = self.describe(case)

    def describe(self, case):
        """All there is to know about a run that is wrong."""
        try:
            run = self.orchestrator.run(case.flow.id)
            live = self.orchestrator.container.store.client.hgetall(self.orchestrator.container.store.keys.live(run.id))
            events = "\n".join(f"    {event!r}" for event in run.events()[-40:])
            return f"{run.status_message}\n{run.tree()}\nlive: {live}\n{events}"
        except (RunNotFound, RedisError, *AWAY) as exc:
            return repr(exc)

    def leftovers(self):
        """Keys of runs that are there although every run's time is over."""
        keys = self.orchestrator.container.store.keys
        prefix = keys.root("").partition("{")[0]
        client = self.orchestrator.container.store.client
        found = client.scan_iter(f"{prefix}{{*", count=1000)
        self.strays = [key.decode() for key in found if not self._is_cut_upload(key) and not is_answers(client, key)]
        self.orchestrator.runs(limit=1)  # drops the ids of what is gone
        for name in (keys.due, keys.runs):
            members = self.orchestrator.container.store.client.zrange(name, 0, -1)
            self.strays += [f"{name}: {run.decode()}" for run in members if run]  # '' keeps the key itself
        return self.strays

    def _is_cut_upload(self, key):
        """Definitions whose maker was killed before they made a run: they go by themselves, an hour later."""
        client = self.orchestrator.container.store.client
        head, _, token = key.rpartition(b":d:")
        return bool(head and token) and not client.exists(head) and client.ttl(key) > 0

    def bodies(self, ledger):
        """Read the ledger: counts of bodies, of extra ones, and of those that ran twice under one claim."""
        ran, twice, joins = defaultdict(Counter), 0, 0
        for raw in ledger.lrange("bodies", 0, -1):
            run, tag, attempt, retries = json.loads(raw)
            ran[run][tag, retries, attempt] += 1
        extra = 0
        for case in self._known():
            found = Counter()
            for (tag, retries, _), count in ran[case.flow.id].items():
                found[tag, retries] += count
            wanted = Counter((tag, retries) for tag, all_ in case.flow.bodies.items() for retries in all_)
            case.wrong += [f"the body {name} never ran" for name in wanted - found if case.closed]
            case.wrong += [f"the body {name} ran, and must not" for name in found if name not in wanted]
            extra += sum((found - wanted).values())
            joins += sum((found - wanted)[name] for name in found if name[0].startswith(("join", "tail")))
            again = [key for key, count in ran[case.flow.id].items() if count > 1]
            twice += len(again)
            case.wrong += [f"the body {tag}, attempt {attempt}, ran twice" for tag, _, attempt in again]
        return {
            "bodies": sum(sum(one.values()) for one in ran.values()),
            "extra": extra,
            "joins": joins,
            "twice": twice,
        }

    def wrong(self):
        return [case for case in self._known() if case.wrong]
