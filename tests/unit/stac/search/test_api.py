"""STAC APIs, good and bad: every page is read once, and what is missing is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import BadRequest, DeadlineExceeded, SourceNotAllowed, UpstreamFailed, UpstreamUnusable
from app.match.cql2.text import parse_text
from app.model.search import Search, SortKey
from tests.stac_api import CORE, FIELDS, FILTER_JSON, FILTER_TEXT, QUERY, SORT, ScriptedApi, item, scenes
from tests.unit.stac.search.searching import search
from tests.upstream import Upstream, upstream

CLEAR = parse_text("eo:cloud_cover < 5")
EVERYTHING = (*CORE, FIELDS, SORT, QUERY, *FILTER_JSON)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Upstream]:
    with upstream(tmp_path) as server:
        yield server


@pytest.mark.parametrize("paging", ["token", "merge", "page"])
def test_all_pages_are_read_once_and_in_order(server, paging):
    api = ScriptedApi(server, scenes(250))
    api.paging = paging
    found = search(server, Search(api=api.url))
    assert found.ids == [f"scene-{number:04}" for number in range(250)]
    assert len(api.asked) == 3
    assert (found.account.matched, found.account.used, found.account.truncated) == (250, 250, None)
    assert list(found.account.sentences()) == []


def test_an_api_that_only_takes_get_is_asked_by_get(server):
    api = ScriptedApi(server, scenes(250), EVERYTHING)
    api.posts = False
    asked = Search(api=api.url, collections=("a", "b"), bbox=(1.0, 2.0, 3.5, 4.0), filter=CLEAR)
    assert len(search(server, asked).ids) == 250
    assert {each.method for each in server.log} == {"GET"}
    assert api.asked[0]["collections"] == "a,b"
    assert api.asked[0]["bbox"] == "1.0,2.0,3.5,4.0"
    assert json.loads(api.asked[0]["filter"]) == CLEAR


def test_a_post_that_is_refused_is_asked_by_get_and_that_is_remembered(server):
    api = ScriptedApi(server, scenes(3))
    api.landing = api.posts = False
    assert len(search(server, Search(api=api.url), times=2).ids) == 3
    assert [each.method for each in server.log if each.path == "/search"] == ["POST", "GET", "GET"]


def test_what_an_api_understands_is_asked_once(server):
    api = ScriptedApi(server, scenes(3))
    search(server, Search(api=api.url), times=3)
    assert server.count("/") == 1


@pytest.mark.parametrize(
    ("conforms", "expected"),
    [
        ((*CORE, *FILTER_JSON, QUERY), {"filter": CLEAR, "filter-lang": "cql2-json"}),
        ((*CORE, *FILTER_TEXT), {"filter": "eo:cloud_cover < 5", "filter-lang": "cql2-text"}),
        ((*CORE, QUERY), {"query": {"eo:cloud_cover": {"lt": 5}}}),
        (None, {"query": {"eo:cloud_cover": {"lt": 5}}}),
    ],
)
def test_a_filter_is_said_in_words_that_the_api_understands(server, conforms, expected):
    """An API that tells no conformance is of 2020."""
    api = ScriptedApi(server, scenes(1), conforms)
    search(server, Search(api=api.url, filter=CLEAR))
    assert {name: api.asked[0].get(name) for name in expected} == expected
    assert len(api.asked[0].keys() & {"filter", "query"}) == 1


def test_what_the_api_does_not_filter_is_filtered_here(server):
    api = ScriptedApi(server, scenes(250), (*CORE, FIELDS))
    found = search(server, Search(api=api.url, filter=CLEAR))
    assert [scene.cloud_cover for scene in found.scenes] == [0, 1, 2, 3, 4] * 3
    assert found.account.matched == 15
    assert "filtered here" in found.account.notes[0]
    assert "fields" not in api.asked[0]  # which could leave out what the filter looks at


def test_a_filter_that_nobody_can_judge_is_refused(server):
    api = ScriptedApi(server, scenes(1))
    odd = {"op": "s_within", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [1, 2]}]}
    with pytest.raises(BadRequest, match="s_within"):
        search(server, Search(api=api.url, filter=odd))


def test_items_come_without_assets_where_only_a_list_is_wanted(server):
    api = ScriptedApi(server, scenes(1), EVERYTHING)
    search(server, Search(api=api.url))
    search(server, Search(api=api.url), whole=True)
    assert "assets" in api.asked[0]["fields"]["exclude"]
    assert "fields" not in api.asked[1]


def test_order_is_asked_for_or_made_here(server):
    keys = (SortKey(field="eo:cloud_cover"), SortKey(field="datetime", descending=True))
    sorting = ScriptedApi(server, scenes(1), EVERYTHING)
    search(server, Search(api=sorting.url, sortby=keys))
    assert sorting.asked[0]["sortby"] == [
        {"field": "properties.eo:cloud_cover", "direction": "asc"},
        {"field": "properties.datetime", "direction": "desc"},
    ]
    api = ScriptedApi(server, scenes(250))
    found = search(server, Search(api=api.url, sortby=keys, max_items=4))
    assert [(scene.cloud_cover, scene.id) for scene in found.scenes] == [
        (0, "scene-0200"), (0, "scene-0100"), (0, "scene-0000"), (1, "scene-0201"),
    ]  # fmt: skip
    assert found.account.truncated == "max_items is 4"


def test_no_more_is_asked_for_than_wanted(server):
    api = ScriptedApi(server, scenes(250))
    found = search(server, Search(api=api.url, max_items=7))
    assert (len(found.ids), [asked["limit"] for asked in api.asked]) == (7, [7])
    assert (found.account.matched, found.account.truncated) == (250, "max_items is 7")


def test_a_page_that_fails_once_is_healed(server):
    api = ScriptedApi(server, scenes(250))
    server.fault("/search", status=502, times=1)
    found = search(server, Search(api=api.url))
    assert (len(found.ids), found.account.truncated) == (250, None)


def test_a_source_that_fails_at_once_is_an_error(server):
    api = ScriptedApi(server, scenes(1))
    server.fault("/search", status=500)
    with pytest.raises(UpstreamFailed):
        search(server, Search(api=api.url))


def test_a_source_that_fails_later_ends_the_search_there_and_says_so(server):
    api = ScriptedApi(server, scenes(250))
    reply = api._search

    def once(asked):
        if api.asked:
            server.fault("/search", status=500)
        return reply(asked)

    server.reply("/search", once)
    found = search(server, Search(api=api.url))
    assert len(found.ids) == 200
    assert "failed (500)" in found.account.truncated
    assert found.account.matched == 250


@pytest.mark.parametrize("told", [0, 3, 100_000])
def test_a_number_of_matches_that_is_not_true_changes_nothing(server, told):
    api = ScriptedApi(server, scenes(250))
    api.told = told
    found = search(server, Search(api=api.url))
    assert (len(found.ids), found.account.matched, found.account.truncated) == (250, 250, None)
    if told:
        assert list(found.account.sentences()) == [f"The source tells of {told} items, and gave 250."]


def test_items_that_come_twice_are_used_once(server):
    api = ScriptedApi(server, [*scenes(150), *scenes(120)])
    found = search(server, Search(api=api.url))
    assert len(found.ids) == len(set(found.ids)) == 150
    assert found.account.left_out["that had come before"].count == 120


def test_broken_items_are_left_out_and_counted_with_the_reason(server):
    without = [
        {**item(1), "geometry": None, "bbox": None, "id": "flat"},
        {**item(2), "geometry": {"type": "Polygon", "coordinates": [[["x", 1]]]}, "bbox": [1, 2], "id": "odd"},
        {**item(3), "properties": None, "id": "timeless"},
        {**item(4), "properties": {"datetime": "yesterday"}, "id": "vague"},
        {name: value for name, value in item(5).items() if name != "id"},
        "text", None, 7, [], {"type": "Collection", "id": "c"},
    ]  # fmt: skip
    found = search(server, Search(api=ScriptedApi(server, [*scenes(3), *without]).url))
    assert found.ids == ["scene-0000", "scene-0001", "scene-0002"]
    counts = {reason: entry.count for reason, entry in found.account.left_out.items()}
    assert counts == {
        "without geometry": 2,
        "without datetime": 2,
        "without an id": 1,
        "that are no JSON objects": 4,
        "that are no features": 1,
    }
    assert "Left out: 2 items without geometry (flat, odd)." in found.account.sentences()


def test_half_an_item_is_used_as_far_as_it_goes(server):
    """A box stands for a footprint, the start for a moment; numbers that are none are left out."""
    odd = item(7) | {"geometry": None, "properties": {"start_datetime": "2019-03-01", "eo:cloud_cover": "many"}}
    [scene] = search(server, Search(api=ScriptedApi(server, [odd]).url)).scenes
    assert scene.geometry["coordinates"][0][0] == list(scene.bounds_wgs84[:2])
    assert scene.datetime.isoformat() == "2019-03-01T00:00:00+00:00"
    assert scene.cloud_cover is None


def test_paging_without_end_stops_when_nothing_new_comes(server):
    api = ScriptedApi(server, scenes(50))
    api.paging = "endless"
    api.told = 1_000_000
    found = search(server, Search(api=api.url))
    assert len(found.ids) == 50
    assert len(api.asked) <= 2
    assert "same items again" in found.account.truncated


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"search_pages_max": 3}, "SWATH_SEARCH_PAGES_MAX"),
        ({"search_bytes_mb": 0.05}, "SWATH_SEARCH_BYTES_MB"),
        ({"search_items_max": 150}, "SWATH_SEARCH_ITEMS_MAX"),
    ],
)
def test_a_search_ends_at_every_limit_and_names_it(server, settings, reason):
    api = ScriptedApi(server, scenes(1000))
    found = search(server, Search(api=api.url), **settings)
    assert 0 < len(found.ids) < 1000
    assert reason in found.account.truncated
    assert len(api.asked) <= 3


def test_a_slow_source_ends_at_the_deadline_with_what_it_gave(server):
    api = ScriptedApi(server, scenes(250))
    reply = api._search

    def slower(asked):
        if api.asked:
            server.fault("/search", delay_s=5)
        return reply(asked)

    server.reply("/search", slower)
    found = search(server, Search(api=api.url), search_timeout_s=1)
    assert len(found.ids) in (100, 200)
    assert "SWATH_SEARCH_TIMEOUT_S" in found.account.truncated


def test_a_source_that_gives_nothing_in_time_is_an_error(server):
    api = ScriptedApi(server, scenes(1))
    server.fault("/search", delay_s=5)
    with pytest.raises(DeadlineExceeded):
        search(server, Search(api=api.url), search_timeout_s=0.5)


def test_a_link_to_the_next_page_is_judged_like_any_other(server, tmp_path):
    """By GET it may lead anywhere that is allowed; here it leads to a loopback host that is not."""
    api = ScriptedApi(server, scenes(250))
    api.posts = False
    with upstream(tmp_path, "127.0.0.2") as other:
        ScriptedApi(other, scenes(250))
        api.next_host = other.host
        found = search(server, Search(api=api.url))
        assert len(found.ids) == 100
        assert "not a public host" in found.account.truncated
        assert other.log == []


def test_no_stranger_decides_what_is_posted_elsewhere(server, tmp_path):
    """A POST goes to the search that was asked first, also when a link names another host that is allowed."""
    api = ScriptedApi(server, scenes(250))
    with upstream(tmp_path, "127.0.0.2") as other:
        ScriptedApi(other, scenes(250))
        api.next_host = other.host
        found = search(server, Search(api=api.url), allow_hosts=(server.host, other.host))
        assert len(found.ids) == 250
        assert other.log == []


def test_no_stranger_decides_where_a_search_is_posted_to(server, tmp_path):
    """A landing page names a search at another host, which is allowed: the one of its own host is asked."""
    api = ScriptedApi(server, scenes(3))
    with upstream(tmp_path, "127.0.0.2") as other:
        links = [{"rel": "search", "href": other.url("/admin"), "method": "POST"}]
        server.reply("/", lambda _: json.dumps({"conformsTo": list(CORE), "links": links}).encode())
        assert len(search(server, Search(api=api.url), allow_hosts=(server.host, other.host)).ids) == 3
        assert other.log == []


def test_a_search_of_a_forbidden_address_is_refused(server):
    with pytest.raises(SourceNotAllowed):
        search(None, Search(api=server.url("")))
    assert server.log == []


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"features": 5}', b"{}", b"[" * 50_000])
def test_an_answer_that_is_no_page_is_said_to_be_none(server, body):
    api = ScriptedApi(server, scenes(1))
    server.reply("/search", lambda _: body)
    with pytest.raises(UpstreamUnusable):
        search(server, Search(api=api.url))


def test_pages_by_number_without_links_are_those_of_2020(server):
    """And a GET link beside a POST, which had lost the geometry, is not followed."""
    api = ScriptedApi(server, scenes(250), None)
    api.paging = "page"
    reply = api._search

    def with_bad_link(asked):
        document = json.loads(reply(asked))
        document["links"] = [{"rel": "next", "href": server.url("/search?intersects=[object Object]&page=2")}]
        return json.dumps(document).encode()

    server.reply("/search", with_bad_link)
    assert len(search(server, Search(api=api.url)).ids) == 250
    assert {each.method for each in server.log if each.path == "/search"} == {"POST"}


def test_a_token_of_the_context_leads_on(server):
    pages = {None: ([1, 2], "two"), "two": ([3], None)}

    def reply(asked):
        numbers, following = pages[json.loads(asked.body).get("next")]
        features = [item(number) for number in numbers]
        return json.dumps({"type": "FeatureCollection", "features": features, "context": {"next": following}}).encode()

    api = ScriptedApi(server, [])
    server.reply("/search", reply)
    assert len(search(server, Search(api=api.url)).ids) == 3


def test_documents_are_kept_when_they_will_be_read_and_are_small(server):
    large = item(2, words=["x" * 100] * 1000)
    large["links"] = [{"rel": "self", "href": server.url("/items/large")}]
    found = search(server, Search(api=ScriptedApi(server, [item(1), large]).url), whole=True)
    assert json.loads(found.scenes[0].document) == item(1)
    assert found.scenes[1].document is None
    assert str(found.scenes[1].location) == server.url("/items/large")


def test_an_item_without_a_link_to_itself_is_where_apis_have_their_items(server):
    odd = item(1) | {"id": "a/b", "collection": "c d"}
    found = search(server, Search(api=ScriptedApi(server, [odd]).url), whole=True)
    assert found.scenes[0].href == server.url("/collections/c%20d/items/a%2Fb")


def test_a_thousand_items_take_little_memory(server):
    """Counted by Python, while they are read and listed: 1 000 items of 20 kB are 20 MB of JSON."""
    import tracemalloc

    items = [item(number, words=["word"] * 3000) for number in range(1000)]
    api = ScriptedApi(server, items)
    assert len(json.dumps(items)) > 20e6
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        found = search(server, Search(api=api.url), search_timeout_s=200)  # counting slows it down
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found.ids) == 1000
    assert now - before < 8e6
    assert peak - before < 50e6  # both ends of the connection are in this process
