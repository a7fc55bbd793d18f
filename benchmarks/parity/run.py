"""Ask both servers everything."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.parity.case import Answer, Case
from benchmarks.parity.cases_documents import documents
from benchmarks.parity.cases_faults import faults
from benchmarks.parity.cases_numbers import numbers
from benchmarks.parity.cases_pictures import pictures
from benchmarks.parity.cases_rasters import items, rasters
from benchmarks.parity.judge import Verdict, judge
from benchmarks.parity.stage import Stage, stage

TIMEOUT_S = 30
AT_ONCE = 4


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other."""

    def redirect_request(self, *_: object) -> None:
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def measure_parity(peer: Path) -> list[Verdict]:
    """The verdict of every request there is, in order."""
    with stage(peer) as ground:
        return compare_all(ground, [*pictures(), *rasters(), *items(), *numbers(), *documents(), *faults()])


def compare_all(stage: Stage, cases: Sequence[Case]) -> list[Verdict]:
    """The verdict of each case, in order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda case: compare_one(stage, case), cases))


def compare_one(stage: Stage, case: Case) -> Verdict:
    """Ask both, one after the other: they share the machine."""
    return judge(case, ask(stage.titiler, case, stage.files), ask(stage.swath, case, stage.files))


def ask(base: str, case: Case, files: str) -> Answer:
    """Send a request; an answer that does not come within the time has the status 599."""
    body = None if case.body is None else json.dumps(case.body).encode()
    headers = {"Accept": case.accept, "Content-Type": "application/json"}
    request = urllib.request.Request(base + case.target(files), body, headers, method=case.verb)
    started = time.monotonic()
    try:
        with OPENER.open(request, timeout=TIMEOUT_S) as answer:
            status, told, content = answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as err:
        status, told, content = err.code, err.headers, err.read()
    except OSError:
        status, told, content = 599, {}, b""
    seconds = time.monotonic() - started
    lower = {name.lower(): value for name, value in told.items()}
    return Answer(base=base, status=status, headers=lower, body=content, seconds=seconds)
