"""The core set: what has to come out the same with every pool, broker and server."""

from datetime import datetime, timezone
from decimal import Decimal
from uuid import UUID

from celery import chain, chord, group

from orchestrator_celery import ComplexSignature, RunStatus, Swarm
from tests.acceptance.test_shapes import outcome
from tests.kit import project as p

MOMENT, UNIQUE, AMOUNT = datetime(2026, 11, 23, tzinfo=timezone.utc), UUID(int=7), Decimal("1.10")

CORE = [
    (lambda: ComplexSignature(p.add.s(1, 2)), 3),
    (lambda: ComplexSignature(chain([p.add.s(0, 1)] + [p.add.s(1)] * 9)), 10),
    (lambda: ComplexSignature(chord([p.add.s(1, 1), p.add.s(2, 2)], p.xsum.s())), 6),
    (lambda: ComplexSignature(chain(p.add.s(1, 1), group(p.add.s(1), p.add.s(2)), p.xsum.s())), 7),
    (lambda: chain(p.add.s(1, 1), Swarm([p.add.s(1), p.add.s(2)]), p.xsum.s()), 7),
    (lambda: Swarm([p.add.s(i, i) for i in range(40)], max_concurrency=3), [2 * i for i in range(40)]),
    (lambda: Swarm([p.fail.s(), p.add.s(1, 1)], max_failures=1), [None, 2]),
    (lambda: ComplexSignature(p.fail.s()), ("ValueError", "no good")),
    (lambda: ComplexSignature(chain(p.flaky.s(3), p.add.s(1))), 4),
    (lambda: ComplexSignature(chain(p.replaced.s("chain"), p.add.s(1))), 14),
    (lambda: ComplexSignature(p.ghost()), ("NotRegistered", "'tests.no_such_task'")),
    (lambda: ComplexSignature(p.echo_types.s(MOMENT, UNIQUE, AMOUNT)),
     {"moment": MOMENT, "unique": UNIQUE, "amount": AMOUNT}),
]  # fmt: skip


def check_core():
    """Start all, then compare all."""
    runs = [(build().apply_async(), expected) for build, expected in CORE]
    for run, expected in runs:
        assert outcome(run) == expected
        if hasattr(run, "progress"):
            assert run.status is (RunStatus.FAILED if isinstance(expected, tuple) else RunStatus.SUCCEEDED)
