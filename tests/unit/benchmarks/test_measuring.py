"""The instrument itself: what it counts must be right before it is believed."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from benchmarks.cases import CASES, paths
from benchmarks.cost import Round, percentile, summary
from benchmarks.load import load
from benchmarks.noise import fractal
from benchmarks.process import Program, free_port
from benchmarks.report import tables
from benchmarks.series import ONE, PEER_CROPS
from benchmarks.tiles import Tile, pan, scattered
from benchmarks.upstream import Asked, round_trips, traffic, upstream


def asked(start: float, end: float, method: str = "GET") -> Asked:
    return Asked(method=method, path="/B04.tif", sent=10, start=start, end=end)


def test_round_trips_counts_requests_that_waited_for_one_another():
    """An item, then three headers at once, then three ranges at once: three round trips."""
    log = [
        asked(0, 50),
        *[asked(51, 101 + late) for late in (0, 2, 4)],
        *[asked(106, 156 + late) for late in (0, 1, 3)],
    ]
    assert round_trips(log) == 3


def test_the_table_of_a_series_compares_with_the_one_request():
    """200 ms are 10 times 20, as demanded; of its CPU TiTiler's crops take 19 times, one too few."""
    ways = {
        ONE: {"wall_ms": 20, "cpu_ms": 10, "differs": 0.0},
        PEER_CROPS: {"wall_ms": 200, "cpu_ms": 190, "differs": 1e-5},
    }
    row = tables({"series": ways}).splitlines()[-1]
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        PEER_CROPS, "200", "10.0x", ">= 10 yes", "190", "19.0x", ">= 20 no", "1.0e-05"
    ]  # fmt: skip


def test_round_trips_of_requests_at_once_is_one():
    assert round_trips([asked(0, 50), asked(1, 51), asked(49, 99)]) == 1


def test_traffic_counts_by_method():
    found = traffic([asked(0, 1), asked(1, 2, "HEAD")])
    assert (found.get, found.head, found.mb) == (1, 1, 20e-6)


def test_upstream_serves_ranges_and_logs_them(tmp_path):
    (tmp_path / "item.json").write_text('{"id": 1}')
    with upstream(tmp_path) as server:
        load(server.url(""), ["/item.json"])
        [only] = server.take()
        assert (only.method, only.path, only.sent) == ("GET", "/item.json", 9)
        assert server.take() == []


def test_cpu_of_a_program_includes_its_children_and_ended_threads(tmp_path):
    """A child whose thread burns 0.3 s and ends."""
    burn = """if True:
        import threading, time
        def burn():
            while time.thread_time() < 0.3: pass
        thread = threading.Thread(target=burn)
        thread.start()
        thread.join()
        print(1, flush=True)
        time.sleep(60)
    """
    code = f"""if True:
        import subprocess, sys, http.server
        child = subprocess.Popen([sys.executable, "-c", {burn!r}], stdout=-1)
        child.stdout.readline()
        try:
            http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind="127.0.0.1")
        finally:
            child.kill()
    """
    port = free_port()
    with Program("test", [sys.executable, "-c", code, str(port)], port, "/", {}) as program:
        assert len(program.pids()) == 2
        assert 300 < program.cpu_ms() < 3000
        assert program.memory_mb() > 5


def test_summary_takes_the_median_round():
    found = summary([Round(3, [1, 2]), Round(1, [3, 4]), Round(2, [5, 6])])
    assert (found["cpu_ms"], found["cpu_ms_min"], found["cpu_ms_max"], found["requests"]) == (2, 1, 3, 6)


@pytest.mark.parametrize(("percent", "value"), [(50, 51), (95, 96), (100, 100)])
def test_percentile_is_the_nearest_rank(percent, value):
    assert percentile(range(1, 101), percent) == value


def test_the_pan_is_thirty_neighbours_on_all_levels():
    tiles = pan()
    assert len(set(tiles)) == 30
    assert {tile.z for tile in tiles} == set(range(8, 14))


def test_scattered_tiles_are_the_same_in_every_run():
    assert scattered() == scattered()
    assert len(set(scattered())) == 30


def test_a_crop_is_the_middle_quarter_of_its_tile():
    west, south, east, north = Tile(1, 1, 0).middle
    assert (west, east) == (67.5, 112.5)
    assert 0 < south < north < 85.1


@pytest.mark.parametrize("key", CASES)
def test_every_case_has_a_path_for_each_place(key):
    assert len(paths(CASES[key], "/scene/item.json", pan())) == 30


def test_noise_does_not_depend_on_the_strip():
    whole = fractal(slice(0, 64), 64, (16, 4), seed=3)
    assert np.array_equal(whole[40:], fractal(slice(40, 64), 64, (16, 4), seed=3))


def test_a_table_without_the_peer_has_no_ratios():
    figures = {"cpu_ms": 1.0, "cpu_ms_min": 1.0, "cpu_ms_max": 1.0, "p50_ms": 1.0, "p95_ms": 2.0}
    case = {"swath": {"cold": figures, "warm": figures, "memory_mb": 100.0}}
    text = tables({"cost": {"pan": {"a": case}}})
    assert "true colour" in text
    assert "1.0x" not in text


def test_its_command_explains_itself():
    run = subprocess.run([sys.executable, "-m", "benchmarks", "--help"], capture_output=True, text=True, check=True)
    assert "--record" in run.stdout
