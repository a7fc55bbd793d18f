"""One Dask cluster for all tests here; who kills a worker adds another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dask_cluster import Cluster, dask_cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler, and two workers of one thread."""
    pytest.importorskip("distributed", reason="the extra [dask] is not installed")
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=2) as running:
        yield running
