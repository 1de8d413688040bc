"""Every word of the filter language, alone, excluded and with another word: what a page finds and costs at 20,000 runs.

Time is not measured. The script that reads the index counts its work: about one for each run that it looks at. Runs that it
returns are counted again, because their records are read.
"""

from __future__ import annotations

import random
from datetime import datetime, timezone
from itertools import combinations
from unittest.mock import patch

import pytest

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.filters.run_words import run_text, run_words
from orchestrator_celery.model.states import NodeKind, RunStatus
from orchestrator_celery.model.views import RunView
from orchestrator_celery.store import Store
from orchestrator_celery.store.embedded import EmbeddedRedis
from orchestrator_celery.store.run_index import IndexEntry, RunIndex
from tests.kit.cases import amount

RUNS, PAGE = 20_000, 50
START, STEP = 1_700_000_000_000, 1000
NOW = datetime.fromtimestamp((START + RUNS * STEP) / 1000, timezone.utc)
#: Most work of a script: its limit, and the block or the lists that it reads when it reaches it.
A_SCRIPT = 2000 + 700
#: Words that most runs have, few runs, and none.
WORDS = (
    "status:SUCCEEDED", "status:FAILED", "task:shop.*", "task:rare", "category:c*", "category:few", "tag:all", "tag:few",
    "tag:none", "name:order*", "name:*777", "name:none*9", "order", "777", "nowhere", "worker:w*", "since:5m", "until:1s", "until:5h",
)  # fmt: skip
EXCLUDED = tuple(f"-{word}" for word in WORDS if not word.startswith(("since", "until")))


def field_of(word):
    head, colon, _ = word.removeprefix("-").partition(":")
    return head if colon else "text"


def view(number, draw):
    """A run as a shop has it. What is rare comes at random (`few`), or in a row (`rare`)."""
    few, rare = draw.random() < 0.001, 7000 < number < 7020
    status = "RUNNING" if number % 5000 == 4 else "FAILED" if draw.random() < 0.002 else "SUCCEEDED"
    return RunView(
        id=f"{draw.getrandbits(128):032x}",
        name=f"Order {number}" if number % 500 == 9 else f"order {number}",
        kind=NodeKind.COMPLEX,
        status=RunStatus(status),
        category="few" if few else f"c{number % 4}",
        tags=("few",) if rare and number % 2 else ("all", "few") if few else ("all", "eu" if number % 2 else "us"),
        tasks=("rare",) if rare else ("shop.pay", "shop.send")[number % 2 :],
        created=datetime.fromtimestamp((START + number * STEP) / 1000, timezone.utc),
    )


class Shop:
    """An index of runs, and the runs, the newest first."""

    def __init__(self, index):
        draw = random.Random(5)
        views = [view(number, draw) for number in range(RUNS)]
        index.put(
            IndexEntry(
                run.id, "1-1", run.status.value, f"{run.created.timestamp() * 1000:.0f}",
                run_words(run.name, run.category, run.tags, run.tasks), run_text(run.id, run.name),
            )
            for run in views
        )  # fmt: skip
        index.mark()
        self.index, self.views = index, views[::-1]
        self.known = {run.id: run for run in views}
        self.matching = {word: self.bits(RunFilter.parse(word)) for word in (*WORDS, *EXCLUDED)}

    def bits(self, wanted):
        """The places of the runs that match, as bits."""
        return sum(1 << place for place, run in enumerate(self.views) if self.matches(wanted, run))

    def matches(self, wanted, run):
        low, high = (wanted.bound(field, NOW) for field in ("since", "until"))
        if (low and run.created < low) or (high and run.created > high):
            return False
        return wanted.matches(run, NOW, ["w1"] if run.status is RunStatus.RUNNING else [])

    def expected(self, *words):
        """The first runs that match all words."""
        left = (1 << RUNS) - 1
        for word in words:
            left &= self.matching[word]
        found = []
        while left and len(found) < PAGE:
            found.append(self.views[(left & -left).bit_length() - 1].id)
            left &= left - 1
        return found

    def page(self, text):
        """The first runs that match; the work of the largest script; and that of all of them, with the runs they return."""
        wanted = RunFilter.parse(text)
        bounds = [wanted.bound(field, NOW) for field in ("since", "until")]
        low, high = (None if bound is None else bound.timestamp() * 1000 for bound in bounds)
        query, place, found, work, returned = self.index.query(wanted), None, [], [], 0
        while True:
            page = self.index.page(query, place, PAGE, low, high)
            work.append(page.work)
            returned, place = returned + len(page.places), page.rest
            found += [run for _, run in page.places if self.matches(wanted, self.known[run])]
            if len(found) >= PAGE or place is None:
                return found[:PAGE], max(work), sum(work) + returned


@pytest.fixture(scope="module")
def shop():
    with EmbeddedRedis() as server, server.client() as client, patch.object(RunIndex, "mend_live", lambda self: None):
        yield Shop(Store(client, OrchestratorSettings()).due_index.run_index)


def measured(shop, filters):
    found = {}
    for words in filters:
        runs, largest, total = shop.page(" ".join(words))
        assert runs == shop.expected(*words), words
        assert largest <= A_SCRIPT, words
        found[words] = total
    return found


def test_a_word_alone_or_excluded(shop):
    """Given a word, then its page is right, each script keeps its limit, and all of them look at few runs or at each once."""
    work = measured(shop, [(word,) for word in (*WORDS, *EXCLUDED) if field_of(word) not in ("since", "until")])
    searched = {key: used for key, used in work.items() if used > 1000}
    # No list has what lacks a text, and few names end so: these are looked for in the text of all runs.
    assert {word for (word,) in searched} <= {"-order", "-name:order*", "name:*777", "777", "-category:c*"}
    assert max(searched.values()) < RUNS * 0.6


def test_two_words(shop):
    """Given two words, both, one or none of them excluded, then the same holds."""
    pairs = [pair for pair in combinations((*WORDS, *EXCLUDED), 2) if field_of(pair[0]) != field_of(pair[1])]
    work = measured(shop, pairs[:: amount(5, 1)])
    assert max(work.values()) < RUNS * 0.8
    assert sorted(work.values())[len(work) // 2] < 500
