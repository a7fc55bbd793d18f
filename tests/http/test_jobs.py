"""Jobs over HTTP: accepted, worked on, told about, dismissed; by the words of OGC API Processes."""

from __future__ import annotations

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


def test_results_are_rows_by_time_and_what_could_not_be_read_is_told(point_job):
    body = requests.get(f"{point_job}/results", timeout=60).json()
    assert (body["numberMatched"], body["numberUsed"]) == (COUNT + 2, COUNT)
    assert [row["id"] for row in body["rows"]] == [f"scene-{number:04}" for number in range(COUNT)]
    assert [row["values"] for row in body["rows"]] == [[values_of(number)[5, 10]] for number in range(COUNT)]
    told = {name: entry["reason"] for entry in body["left_out"] for name in entry["ids"]}
    assert "cannot be read" in told["scene-gone"]
    assert "169.254.169.254" in told["scene-evil"], "workers judge addresses, too"


def test_results_are_those_of_the_series_itself(server, point_job):
    """In all of its forms, and grouped."""
    point = ",".join(map(str, POINT))
    for words in ("f=json", "f=csv", "by=month&reducer=max", "by=year&f=ndjson"):
        series = requests.get(f"{server}/timeseries/point/{point}?url=scenes&assets=data&{words}", timeout=60)
        found = requests.get(f"{point_job}/results?{words}", timeout=60)
        assert found.headers["Content-Type"] == series.headers["Content-Type"]
        assert plain(found) == plain(series), words


def plain(answer: requests.Response) -> Any:
    """What is told, but for the order in which scenes were left out."""
    if "json" not in answer.headers["Content-Type"]:
        return answer.text
    documents = [json.loads(line) for line in answer.text.splitlines()]
    for document in documents:
        for name in document.keys() & {"left_out", "notes"}:
            document[name] = sorted(document[name], key=str)
    return documents


def test_statistics_within_shapes_are_those_of_the_series_itself(server, folder):
    """And numpy's."""
    body = inputs(folder, features={"type": "FeatureCollection", "features": [SQUARE, SQUARE]}, p=[10, 50])
    location = requests.post(f"{server}/jobs", json=body | {"process": "timeseries"}, timeout=60).headers["Location"]
    assert ended(server, location)["status"] == "successful"
    found = requests.get(f"{location}/results", timeout=60).json()
    address = f"{server}/timeseries/statistics?url=scenes&assets=data&p=10&p=50"
    series = requests.post(address, json=body["inputs"]["features"], timeout=60).json()
    assert found["rows"] == series["rows"]
    assert [row["feature"] for row in found["rows"][:3]] == [0, 1, 0]
    row = next(row for row in found["rows"] if row["id"] == "scene-0007")
    assert row["statistics"]["b1"]["mean"] == pytest.approx(values_of(7)[4:12, 4:12].mean(), rel=1e-9)
    assert row["statistics"]["b1"]["max"] == values_of(7)[4:12, 4:12].max()


def test_a_search_may_be_named_by_its_id(server, folder):
    named = requests.post(f"{server}/search", json={"url": "scenes", "max_items": 4}, timeout=60).json()["id"]
    location = accept(server, {"inputs": {"search": named, "assets": "data", "point": POINT}}).headers["Location"]
    assert ended(server, location)["status"] == "successful"
    found = requests.get(f"{location}/results", timeout=60).json()
    assert (found["search"], found["numberUsed"]) == (named, 2), "two of four cannot be read"
    assert found["truncated"] == "max_items is 4"


def test_what_is_wrong_with_all_scenes_fails_the_job(server, folder):
    body = inputs(folder, point=POINT) | {}
    body["inputs"]["assets"] = "B99"
    location = accept(server, body).headers["Location"]
    status = ended(server, location)
    assert status["status"] == "failed"
    assert "'B99'" in status["message"]
    assert "'B99'" in problem_of(requests.get(f"{location}/results", timeout=60))["detail"]


def test_a_place_that_no_scene_reaches_is_no_job(server, folder):
    problem = problem_of(accept(server, inputs(folder, point=[-60.0, 10.0])))
    assert problem["status"] == 404
    assert "elsewhere" in problem["detail"]


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
        ({"inputs": {"point": POINT}}, 422, "api, url"),
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
