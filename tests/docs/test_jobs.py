"""The command of docs/jobs.md is run, and its job gives a year of the sample catalogue."""

from __future__ import annotations

import json
import time

import requests

from app.sample.catalogue import SampleCatalogue
from app.settings import Settings
from tests.docs.commands import run_commands
from tests.serving import serving


def test_the_job_gives_a_value_for_each_clear_date(tmp_path):
    settings = Settings(sample=True, jobs_dir=tmp_path / "jobs", jobs_processes=1)
    SampleCatalogue.from_settings(settings).ensure()
    with serving(settings) as base:
        job = json.loads((run_commands("jobs.md", base, tmp_path) / "job.json").read_text())
        deadline = time.monotonic() + 60
        while (status := requests.get(job["links"][0]["href"], timeout=60).json())["status"] not in (
            "successful",
            "failed",
        ):
            assert time.monotonic() < deadline, status
            time.sleep(0.1)
        rows = requests.get(f"{job['links'][0]['href']}/results", timeout=60).json()["rows"]
    dates = [row["datetime"][:10] for row in rows]
    assert dates == sorted(dates)
    assert len(dates) >= 24
    values = [value for row in rows for value in row["values"]]
    assert all(value is None or -1 <= value <= 1 for value in values)
    assert 0 < sum(value is None for value in values) < len(values) / 2, "clouds are masked"
