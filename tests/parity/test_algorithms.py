"""Algorithms give what titiler.core.algorithm 2.4 gives, asked in an environment of its own (make bench ARGS=peer)."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.api.algorithms import algorithm_body
from app.compute.algorithms import ALGORITHMS
from app.compute.algorithms.apply import apply_algorithm
from app.compute.algorithms.parameters import configure
from app.model.grid import Grid
from app.model.raster import Raster
from benchmarks.peer import find_peer

ASK = """
import json, sys, warnings
import numpy as np
from rio_tiler.models import ImageData
from titiler.core.algorithm import algorithms
from titiler.core.factory import AlgorithmFactory
warnings.simplefilter("ignore")
given, told = np.load(sys.argv[1]), {}
for case in json.loads(sys.argv[3]):
    array = np.ma.array(given[case["input"]], mask=given["mask"][: len(given[case["input"]])])
    image = ImageData(array, bounds=(0, 0, 10 * array.shape[2], 10 * array.shape[1]))
    made = algorithms.get(case["id"])(**case["params"])(image).array
    told[case["name"] + ".data"], told[case["name"] + ".mask"] = made.data, np.ma.getmaskarray(made)
np.savez(sys.argv[2], **told)
bodies = {name: AlgorithmFactory()._get_algo_metadata(algorithms.get(name)).model_dump() for name in algorithms.list()}
print(json.dumps(bodies))
"""
PARAMS: dict[str, list[dict[str, Any]]] = {
    "hillshade": [{}, {"buffer": 0}, {"azimuth": 200, "angle_altitude": 20.5, "z_exaggeration": 0.25}],
    "slope": [{}, {"buffer": 0, "z_exaggeration": 0.1}],
    "contours": [{}, {"increment": 100, "thickness": 7, "minz": 0, "maxz": 200}],
    "terrarium": [{}, {"nodata_height": -12.5}],
    "terrainrgb": [{}, {"interval": 0.3, "baseval": -99.5, "nodata_height": -12.34}],
}
DTYPES = ("uint8", "int16", "uint16", "float32", "float64")
BANDS = {
    "bitonal": (1, 3),
    "contours": (1,),
    "grayscale": (3, 4),
    "normalizedIndex": (2, 3),
    "std": (2, 5),
    "var": (2, 5),
}
CASES = [
    {"name": f"{name}-{dtype}-{bands}-{number}", "id": name, "params": params, "input": f"{dtype}{bands}"}
    for name in ALGORITHMS
    for number, params in enumerate(PARAMS.get(name, [{}]))
    for dtype in DTYPES
    for bands in BANDS.get(name, (1, 3))
]


@pytest.fixture(scope="module")
def given() -> dict[str, np.ndarray]:
    """Values 0 to 250, of floats with fractions; blocks of pixels without data, some of them in one band only."""
    rng = np.random.default_rng(1)
    shape = (5, 40, 50)
    mask = np.zeros(shape, bool)
    mask[:, 10:14, 20:25], mask[0, 30:33, 5:9], mask[1:, :2, :2] = True, True, True
    arrays = {"mask": mask}
    for dtype in DTYPES:
        values = rng.uniform(0, 250, shape)
        values = np.where(mask, 0, values if dtype.startswith("float") else np.floor(values)).astype(dtype)
        arrays |= {f"{dtype}{bands}": values[:bands] for bands in range(1, 6)}
    return arrays


@pytest.fixture(scope="module")
def peer(given: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, Any]]:
    python = find_peer()
    if python is None:
        pytest.skip("TiTiler is not installed: make bench ARGS=peer")
    folder: Path = tmp_path_factory.mktemp("peer")
    np.savez(folder / "given.npz", **given)
    command = [str(python), "-c", ASK, str(folder / "given.npz"), str(folder / "told.npz"), json.dumps(CASES)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    return np.load(folder / "told.npz"), json.loads(run.stdout)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_an_algorithm_makes_titilers_values_of_its_dtype(case: dict[str, Any], given: dict[str, np.ndarray], peer: Any):
    values, masked = peer[0][case["name"] + ".data"], peer[0][case["name"] + ".mask"]
    ours = computed(case, given)
    assert (ours.data.shape, ours.data.dtype) == (values.shape, values.dtype)
    assert np.array_equal(ours.mask, ~masked)
    differences = np.abs(np.where(masked, 0, values).astype(float) - ours.data)
    if case["id"] == "hillshade":  # TiTiler computes float32 in float32: a value may fall to the other side of a step
        assert differences.max() <= 1
        assert (differences > 0).mean() < 0.001
    else:
        assert differences.max() <= 1e-5 * np.abs(values).max()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_algorithm_is_described_as_titiler_describes_it(name: str, peer: Any):
    """But for the words, which are our own, and the lowest ``interval``, 0, by which TiTiler divides."""
    assert peer[1].keys() == ALGORITHMS.keys()
    told, ours = peer[1][name], algorithm_body(ALGORITHMS[name])
    if name == "terrainrgb":
        told["parameters"]["interval"]["exclusiveMinimum"] = told["parameters"]["interval"].pop("minimum")
    assert ours["parameters"].keys() == told["parameters"].keys()
    for parameter, schema in told["parameters"].items():
        schema.pop("description", None)
        assert schema.items() <= ours["parameters"][parameter].items()
    for part in ("inputs", "outputs"):
        assert ours[part] == told[part]
    assert ours.keys() == told.keys()


def computed(case: dict[str, Any], given: dict[str, np.ndarray]) -> Raster:
    data = given[case["input"]]
    bands, height, width = data.shape
    algorithm = configure(ALGORITHMS[case["id"]], case["params"])
    margin = algorithm.margin
    names = tuple(f"b{number}" for number in range(1, bands + 1))
    grid = Grid(crs=None, bounds=(0, 0, 10 * width, 10 * height), width=width, height=height)
    shown = dataclasses.replace(grid, width=width - 2 * margin, height=height - 2 * margin)
    raster = Raster(data=data, mask=~given["mask"][:bands], grid=grid, names=names, descriptions=names)
    return apply_algorithm(raster, algorithm, shown)
