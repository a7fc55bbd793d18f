"""TiTiler 2.4 answers the same requests in the same way, or the difference is explained (make bench ARGS=peer)."""

from __future__ import annotations

import pytest

from benchmarks.parity.judge import DIFFERENT
from benchmarks.parity.run import measure_parity
from benchmarks.parity.table import differences, row_of
from benchmarks.peer import find_peer, versions
from tests.shared import needs_shared


@needs_shared
@pytest.mark.timeout(300)
def test_every_answer_is_titilers_or_the_difference_is_explained():
    peer = find_peer()
    if peer is None:
        pytest.skip("TiTiler is not installed: make bench ARGS=peer")
    assert versions(peer)["titiler.application"] == "2.4.0"
    found = measure_parity(peer)
    assert len(found) >= 300
    assert not (rows := [row_of(each) for each in found if each.outcome == DIFFERENT]), differences(rows)
