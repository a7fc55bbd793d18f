"""A process of the pool: parcels come by its standard input, outcomes go by its standard output.

It ends when its input does, which is also when its parent was killed; what it is working on is then of no use.
"""

from __future__ import annotations

import logging
import os
import pickle
import sys
from collections.abc import Sequence
from concurrent.futures import Future
from typing import BinaryIO

from app.execute.home import home_of
from app.execute.parcel import Outcome, Parcel

log = logging.getLogger("swath")

READY = b"ready"
NICENESS = 10
"""Whoever waits for a tile goes first."""


def main() -> None:
    """Work until there is no more input."""
    answers = _take_output()
    os.nice(NICENESS)
    requests = sys.stdin.buffer
    pickle.dump(READY, answers)
    answers.flush()
    try:
        while True:
            parcel: Parcel = pickle.load(requests)  # noqa: S301 -- from the process that started this one
            home_of(parcel.settings).submit(parcel).add_done_callback(lambda done: _answer(done, answers))
    except EOFError:
        os._exit(0)  # whatever the threads do


def _take_output() -> BinaryIO:
    """Keep standard output for answers: what else writes there goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _answer(done: Future[Sequence[Outcome]], answers: BinaryIO) -> None:
    try:
        pickle.dump(done.result(), answers)
        answers.flush()
    except Exception:  # nobody would hear of it, and the parent would wait
        log.exception("a parcel could not be worked off")
        os._exit(1)
