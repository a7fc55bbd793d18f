"""Jobs, as OGC API Processes has them: what may be asked for, how far it is, what it gave."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from app.access.rates import charge
from app.api.access import key_of
from app.api.body import parse_json, read_body
from app.api.dataset import own_query, runtime
from app.api.dialect import JOB_LIST, RESULTS, STRICT, documented
from app.api.job_results import FORMS, read_result
from app.api.jobs import TIMESERIES, gather, read_series
from app.api.links import EXECUTE, link
from app.api.links import RESULTS as RESULTS_OF
from app.api.origin import base_url, own_url
from app.api.processes import DESCRIPTION, SUMMARY, WANTED, with_execution
from app.api.responses import ignored
from app.api.route import PlainRoute
from app.api.scenes import apart
from app.api.search import search_of_body
from app.errors import InvalidType, NotFound, shorten
from app.jobs.desk import Desk
from app.jobs.job import Job, State, Wanted
from app.match.period import write_moment
from app.model.search import Search
from app.pipeline.searches import kept_search
from app.runtime import Runtime

router = APIRouter(tags=["Jobs"], route_class=PlainRoute)

FRESH = {"Cache-Control": "no-cache"}
LISTED = 100
"""Jobs of one list unless ``limit`` says otherwise."""


@router.get("/processes", openapi_extra=documented((STRICT,)))
async def processes(request: Request) -> Response:
    """What jobs there are."""
    query, _ = own_query(request, (STRICT,)), _desk(request)
    base = base_url(request)
    listed = SUMMARY | {"links": [link("self", f"{base}/processes/{TIMESERIES}", "Its inputs")]}
    body = {"processes": [listed], "links": [link("self", f"{base}/processes", "This list")]}
    return JSONResponse(body, headers=FRESH | ignored(query))


@router.get("/processes/{process_id}", openapi_extra=documented((STRICT,)))
async def process(request: Request, process_id: str) -> Response:
    """What a job of this kind takes and gives."""
    query, _ = own_query(request, (STRICT,)), _desk(request)
    _require_known(process_id)
    here = f"{base_url(request)}/processes/{TIMESERIES}"
    links = [link("self", here, "This description"), link(EXECUTE, f"{here}/execution", "Where jobs are accepted")]
    return JSONResponse(DESCRIPTION | {"links": links}, headers=FRESH | ignored(query))


@router.post("/processes/{process_id}/execution", status_code=201, openapi_extra=with_execution())
async def execute(request: Request, process_id: str) -> Response:
    """Accept a job; the answer says where it is."""
    desk = _desk(request)
    _require_known(process_id)
    return await _accept(request, desk, await _body(request))


@router.post("/jobs", status_code=201, openapi_extra=with_execution())
async def create(request: Request) -> Response:
    """The same, where the body names the process."""
    desk, body = _desk(request), await _body(request)
    name = body.get("process", TIMESERIES)
    _require_known(name.rpartition("/")[2] if isinstance(name, str) else "")
    return await _accept(request, desk, body)


@router.get("/jobs", openapi_extra=documented(JOB_LIST))
async def jobs(request: Request) -> Response:
    """Jobs of the caller, the newest first."""
    query, desk = own_query(request, JOB_LIST), _desk(request)
    limit = query.integer("limit", low=1, high=runtime(request).settings.jobs_kept_max) or LISTED
    found = await desk.jobs(key_of(request), limit)
    links = [link("self", f"{base_url(request)}/jobs", "This list")]
    body = {"jobs": [_told(request, job) for job in found], "links": links}
    return JSONResponse(body, headers=FRESH | ignored(query))


@router.get("/jobs/{job_id}", openapi_extra=documented((STRICT,)))
async def status(request: Request, job_id: str) -> Response:
    """How far a job is."""
    query = own_query(request, (STRICT,))
    job = await _find(request, job_id)
    return JSONResponse(_told(request, job), headers=FRESH | ignored(query))


@router.delete("/jobs/{job_id}", openapi_extra=documented((STRICT,)))
async def dismiss(request: Request, job_id: str) -> Response:
    """End a job; one that has ended is forgotten with its result."""
    query = own_query(request, (STRICT,))
    job = await _find(request, job_id)
    return JSONResponse(_told(request, await _desk(request).dismiss(job)), headers=FRESH | ignored(query))


@router.get("/jobs/{job_id}/results", openapi_extra=documented(RESULTS))
async def results(request: Request, job_id: str) -> Response:
    """What a job gave: the rows of its series by time, as `/timeseries` answers them."""
    query = own_query(request, RESULTS)
    job = await _find(request, job_id)
    if job.state is not State.SUCCESSFUL:
        why = f"it is {job.state}" + (f": {job.message}" if job.message else "; look at it again later")
        raise NotFound(f"The job {job.id} has no result: {why.rstrip('.')}.")
    form = FORMS[query.choice("format", tuple(FORMS)) or "json"]
    outcomes = await _desk(request).outcomes(job)
    body = await runtime(request).patient.run(lambda: form.write(read_result(job, outcomes, query)))
    return Response(body, media_type=form.media_type, headers=FRESH | ignored(query))


async def _body(request: Request) -> Mapping[str, Any]:
    raw = await read_body(request, runtime(request).settings.body_max_mb)
    body = parse_json(raw, WANTED)
    if not isinstance(body, dict) or not isinstance(body.get("inputs"), dict):
        raise InvalidType.of(
            "body" if not isinstance(body, dict) else "inputs", "…", f"is not an object; send {WANTED}"
        )
    return body


async def _accept(request: Request, desk: Desk, body: Mapping[str, Any]) -> Response:
    """Find the scenes of a job, charge for all of them, and keep it for its turn."""
    rt, query = runtime(request), own_query(request, (STRICT,))
    home = own_url(request)
    inputs = dict(body["inputs"])
    search = await _search(rt, inputs.pop("search", None))
    asked = await rt.patient.run(read_series, search, inputs, home, rt.settings)
    await desk.require_place()
    found = await gather(rt, asked)
    charge(asked.units * len(found.texts))
    wanted = Wanted(process=TIMESERIES, inputs=asked.text, owner=key_of(request), notes=found.books)
    job = await desk.accept(wanted, found.texts)
    headers = {"Location": f"{base_url(request)}/jobs/{job.id}", "Cache-Control": "no-store", **ignored(query)}
    if "respond-async" in request.headers.get("Prefer", ""):
        headers["Preference-Applied"] = "respond-async"
    return JSONResponse(_told(request, job), status_code=201, headers=headers)


async def _search(rt: Runtime, value: Any) -> Search:
    """The search of a job: by its id, or written out."""
    if isinstance(value, str):
        return await kept_search(rt, value)
    raw = json.dumps(value or {}).encode()
    return (await apart(rt, len(raw), search_of_body, raw, rt.settings.search_items_max)).search


def _desk(request: Request) -> Desk:
    """The desk of this process.

    Raises:
        NotFound: There are no jobs here.
    """
    desk: Desk | None = request.app.state.desk
    if desk is None:
        raise NotFound("This server takes no jobs: its operator has not named a folder for them (SWATH_JOBS_DIR).")
    return desk


def _require_known(process_id: str) -> None:
    if process_id != TIMESERIES:
        raise NotFound(f"There is no process {shorten(process_id)!r}; there is {TIMESERIES}.")


async def _find(request: Request, job_id: str) -> Job:
    """Find a job of the caller; those of others are not there for him."""
    job = await _desk(request).job(job_id)
    if job is None or job.owner != key_of(request):
        raise NotFound(f"There is no job {shorten(job_id)!r} here (any more).")
    return job


def _told(request: Request, job: Job) -> dict[str, Any]:
    """The status of a job, as OGC API Processes writes it."""
    here = f"{base_url(request)}/jobs/{job.id}"
    links = [link("self", here, "This job"), link("up", f"{base_url(request)}/jobs", "All jobs")]
    if job.state is State.SUCCESSFUL:
        links.append(link(RESULTS_OF, f"{here}/results", "What it gave"))
    moments = {name: getattr(job, name) for name in ("created", "started", "finished", "updated")}
    return {
        "jobID": job.id,
        "processID": job.process,
        "type": "process",
        "status": job.state,
        "message": job.message or f"{job.done} of {job.total} scenes",
        "progress": job.progress,
        **{name: _moment(seconds) for name, seconds in moments.items() if seconds is not None},
        "links": links,
    }


def _moment(seconds: float) -> str:
    return write_moment(datetime.fromtimestamp(seconds, UTC))
