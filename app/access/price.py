"""How many units of work does an answer cost? A unit is a tile of 256 x 256 pixels of one asset."""

from __future__ import annotations

from app.access.rates import current_tab
from app.model.plan import Plan

UNIT_PIXELS = 256 * 256

FREE_STEP = 16
"""Source pixels per pixel of the answer that cost nothing: overviews keep it to 4, or to 16 where they are sparse."""


def price(plan: Plan) -> float:
    """Units of a picture or array: for each asset, and each mask, its pixels, at least one unit.

    A raster without overviews, of which more than 16 pixels are read for each pixel of the answer, costs by those.
    """
    pixels = plan.grid.width * plan.grid.height
    return sum(max(1.0, pixels / UNIT_PIXELS, read.pixels / FREE_STEP / UNIT_PIXELS) for read in plan.all_reads)


def charge_picture(plan: Plan) -> None:
    """Charge a picture or array; while no limit is on, not even its price is worked out.

    Raises:
        RateExceeded: The caller has not so much left.
    """
    tab = current_tab()
    if tab is not None:
        tab.charge(price(plan))
