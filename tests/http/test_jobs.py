"""Jobs over HTTP: accepted, worked on, told about, dismissed; by the words of OGC API Processes."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.small_scenes import POINT, SQUARE, make_scenes, values_of

COUNT = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("data") / "scenes"
    made.mkdir()
    make_scenes(made, COUNT)
    (made / "broken.json").write_text((made / "scene-0003.json").read_text().replace("scene-0003", "scene-gone"))
    evil = (made / "scene-0004.json").read_text().replace("scene-0004", "scene-evil")
    (made / "evil.json").write_text(evil.replace("./scene-evil.tif", "http://169.254.169.254/latest.tif"))
    return made


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(data_root=folder.parent, jobs_dir=tmp_path_factory.mktemp("jobs"), jobs_processes=2)
    with serving(settings) as base:
        yield base


def inputs(folder: Path, **more: Any) -> dict[str, Any]:
    return {"inputs": {"search": {"url": folder.name}, "assets": "data", **more}}


def accept(base: str, body: dict[str, Any], **headers: str) -> requests.Response:
    return requests.post(f"{base}/processes/timeseries/execution", json=body, headers=headers, timeout=60)


def ended(base: str, location: str, **headers: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        status: dict[str, Any] = requests.get(location, headers=headers, timeout=60).json()
        if status["status"] not in ("accepted", "running"):
            return status
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def point_job(server: str, folder: Path) -> str:
    """URL of a job that has ended."""
    answer = accept(server, inputs(folder, point=POINT), Prefer="respond-async")
    assert answer.status_code == 201, answer.text
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert answer.json()["status"] == "accepted"
    location = answer.headers["Location"]
    assert ended(server, location)["status"] == "successful"
    return location


def test_a_job_tells_how_it_stands(point_job):
    status = requests.get(point_job, timeout=60).json()
    assert status["jobID"] == point_job.rpartition("/")[2]
    assert (status["processID"], status["type"], status["progress"]) == ("timeseries", "process", 100)
    assert status["created"] <= status["started"] <= status["finished"]
    assert status["message"] == f"{COUNT + 2} of {COUNT + 2} scenes"
    assert {each["rel"].rpartition("/")[2] for each in status["links"]} == {"self", "up", "results"}


def test_results_are_rows_by_date_and_scenes_that_cannot_be_read_are_among_them(point_job):
    body = requests.get(f"{point_job}/results", timeout=60).json()
    assert body["used"] == body["matched"] == COUNT + 2
    rows = {row["id"]: row for row in body["rows"]}
    assert [row["datetime"] for row in body["rows"]] == sorted(row["datetime"] for row in body["rows"])
    for number in range(COUNT):
        assert list(rows[f"scene-{number:04}"]["values"].values()) == [values_of(number)[5, 10]]
    assert rows["scene-gone"]["error"]["type"] == "upstream-unusable"
    assert rows["scene-evil"]["error"]["type"] == "source-not-allowed", "workers judge addresses, too"


def test_results_come_as_lines_and_as_a_table(point_job):
    whole = requests.get(f"{point_job}/results", timeout=60).json()["rows"]
    lines = requests.get(f"{point_job}/results?f=ndjson", timeout=60)
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line) for line in lines.text.splitlines()] == whole
    table = requests.get(f"{point_job}/results?f=csv", timeout=60)
    read = list(csv.DictReader(table.text.splitlines()))
    assert [(row["id"], row["value"]) for row in read if row["value"]] == [
        (row["id"], str(value)) for row in whole if "values" in row for value in row["values"].values()
    ]
    assert [row["error"] for row in read if row["id"] == "scene-gone"] != [""]


def test_numbers_within_shapes_are_numpys(server, folder):
    body = inputs(folder, features=SQUARE)
    location = requests.post(f"{server}/jobs", json=body | {"process": "timeseries"}, timeout=60).headers["Location"]
    assert ended(server, location)["status"] == "successful"
    rows = requests.get(f"{location}/results", timeout=60).json()["rows"]
    row = next(row for row in rows if row["id"] == "scene-0007")
    assert row["statistics"][0]["b1"]["mean"] == pytest.approx(values_of(7)[4:12, 4:12].mean(), rel=1e-9)
    assert row["statistics"][0]["b1"]["max"] == values_of(7)[4:12, 4:12].max()


def test_jobs_are_listed_and_forgotten(server, folder):
    location = accept(server, inputs(folder, point=POINT)).headers["Location"]
    ended(server, location)
    listed = requests.get(f"{server}/jobs?limit=1", timeout=60).json()["jobs"]
    assert [job["jobID"] for job in listed] == [location.rpartition("/")[2]]
    assert requests.delete(location, timeout=60).json()["status"] == "dismissed"
    assert problem_of(requests.get(location, timeout=60))["status"] == 404


def test_processes_are_described(server):
    listed = requests.get(f"{server}/processes", timeout=60).json()["processes"]
    assert [process["id"] for process in listed] == ["timeseries"]
    described = requests.get(listed[0]["links"][0]["href"], timeout=60).json()
    assert described["jobControlOptions"] == ["async-execute", "dismiss"]
    assert {"search", "point", "features", "expression", "assets"} <= described["inputs"].keys()


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({}, 422, "inputs"),
        ({"inputs": []}, 422, "inputs"),
        ({"inputs": {"point": POINT}}, 422, "search"),
        ({"inputs": {"search": {}, "point": POINT}}, 422, "api, url"),
        ({"inputs": {"search": {"url": "."}}}, 422, "point"),
        ({"inputs": {"search": {"url": "."}, "point": [1]}}, 422, "point"),
        ({"inputs": {"search": {"url": "."}, "point": POINT, "colour": "red"}}, 400, "colour"),
        ({"inputs": {"search": {"url": "http://10.0.0.1/items"}, "point": POINT}}, 403, "10.0.0.1"),
        ({"inputs": {"search": {"url": "/etc"}, "point": POINT}}, 403, "SWATH_DATA_ROOT"),
    ],
)
def test_what_cannot_be_done_is_refused_at_once(server, body, status, told):
    problem = problem_of(accept(server, body))
    assert problem["status"] == status
    assert told in problem["detail"]


def test_another_process_and_another_job_are_not_there(server):
    for path in ("/processes/other", "/jobs/no-such-job", "/jobs/no-such-job/results"):
        assert problem_of(requests.get(f"{server}{path}", timeout=60))["status"] == 404
    assert problem_of(requests.post(f"{server}/processes/other/execution", json={}, timeout=60))["status"] == 404


def test_a_search_that_finds_nothing_is_no_job(server, folder):
    body = inputs(folder, point=POINT)
    body["inputs"]["search"]["datetime"] = "1999-01-01"
    assert problem_of(accept(server, body))["status"] == 404


def test_jobs_are_off_unless_a_folder_is_named(sample_server):
    for path in ("/jobs", "/processes", "/jobs/x"):
        problem = problem_of(requests.get(f"{sample_server}{path}", timeout=60))
        assert problem["status"] == 404
        assert "SWATH_JOBS_DIR" in problem["detail"]
    assert problem_of(requests.post(f"{sample_server}/jobs", json={}, timeout=60))["status"] == 404
