"""Workflows of mixed shapes, the same for the same seed, and how they are submitted."""

import threading
import time
from random import Random

from orchestrator_celery import ComplexSignature, Swarm
from tests.soak.client import AWAY
from tests.soak.shapes import SHAPES, Draft, Flow


def make(seed, index) -> Flow:
    """One flow; shapes take turns, so that every few flows have them all."""
    shape = list(SHAPES)[index % len(SHAPES)]
    flow = Flow(f"soak-{seed}-{index}", shape)
    sig, flow.value = SHAPES[shape](Draft(flow, Random(f"{seed}:{index}")))
    flow.signature = sig if isinstance(sig, (Swarm, ComplexSignature)) else ComplexSignature(sig)
    return flow


def submit(seed, index):
    """Start a flow as a careful client does: again under the same id until it is accepted; gives it and the tries."""
    tries, flow = 0, make(seed, index)
    while True:
        tries += 1
        try:
            run = make(seed, index).signature.apply_async(task_id=flow.id)
            break
        except AWAY:
            time.sleep(0.2)
    if flow.then is not None:
        threading.Thread(target=flow.then, args=(run,), daemon=True).start()
    return flow, tries
