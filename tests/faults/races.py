"""Several processes that want different things at the same moment."""

import multiprocessing
import time
from contextlib import closing
from random import random

from tests.worker.support import Stand

FORK = multiprocessing.get_context("fork")


def race(stand, ids, *contenders):
    """Let each contender, a process of its own, deal with each signature, all at the same moment; what each answered."""
    barrier, pipes, processes = FORK.Barrier(len(contenders)), [], []
    for contender in contenders:
        mine, theirs = FORK.Pipe()
        process = FORK.Process(
            target=contend, args=(contender, stand.broker, stand.backend, ids, barrier, theirs), daemon=True
        )
        process.start()
        pipes.append(mine)
        processes.append(process)
    answers = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join()
    return list(zip(ids, *answers, strict=True))


def contend(contender, broker, backend, ids, barrier, pipe):
    answers = []
    try:
        with Stand(broker, backend) as stand:
            for id in ids:
                barrier.wait(60)
                time.sleep(random() * 0.005)  # or the quicker verb would always be first
                answers.append(contender(stand, id))
    except BaseException as exc:
        barrier.abort()
        answers = [repr(exc)] * len(ids)
        raise
    finally:
        with closing(pipe):
            pipe.send(answers)
