"""The words of a query become a ``Mosaic``: which scenes, and what is made of them."""

from __future__ import annotations

from app.api.dialect import BBOX, OUTPUT, PIXEL_SELECTION, SEARCH, STRICT
from app.api.query import Query
from app.api.search import search_of_query
from app.match.period import Period, parse_period
from app.model.mosaic import Method, Mosaic
from app.settings import Settings

_WRITTEN = frozenset(each.name for each in SEARCH if each is not STRICT)


def read_mosaic(settings: Settings, query: Query) -> Mosaic:
    """Read the id of a search, or all of it, and how its scenes become one.

    Raises:
        BadRequest: There are both, or something cannot be read.
        InvalidType: There is neither.
    """
    written = {name: values for name, values in query.values.items() if name in _WRITTEN}
    search_id, search = query.text("search"), None
    if len(set(query.all("search"))) > 1:
        raise query.fault("search", search_id, "is another search than the path, or an earlier search=, names")
    if search_id is None:
        search = search_of_query(Query(written, query.spelling, ()), settings.search_items_max)
    elif others := sorted(written.keys() - {BBOX.name}):  # which is that of a map, too
        raise query.fault("search", search_id, f"is a search already; leave out {', '.join(others)}")
    method = Method(query.choice("pixel_selection", PIXEL_SELECTION.values) or Method.FIRST)
    provenance = query.choice("output", OUTPUT.values) == "provenance"
    if provenance and not method.picks:
        raise query.fault("output", "provenance", f"is not known of pixel_selection={method}: no value is of one scene")
    percentile, time = query.number("percentile", low=0, high=100), query.text("time")
    period = Period(None, None) if time in (None, "default") else parse_period(time)
    return Mosaic(
        search_id=search_id or (search.id if search else ""),
        search=search,
        method=method,
        percentile=50.0 if percentile is None else percentile,
        provenance=provenance,
        whole=query.flag("strict", settings.strict),
        since=period.start,
        until=period.end,
    )
