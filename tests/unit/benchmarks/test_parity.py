"""The comparer: what it passes must be the same, and what differs must be told."""

from __future__ import annotations

import json
from collections import Counter
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from benchmarks.parity.case import Answer, Case, Group
from benchmarks.parity.cases_documents import documents
from benchmarks.parity.cases_faults import faults
from benchmarks.parity.cases_numbers import numbers
from benchmarks.parity.cases_pictures import pictures
from benchmarks.parity.cases_rasters import items, rasters
from benchmarks.parity.deliberate import DELIBERATE, SECTIONS
from benchmarks.parity.difference import Deliberate
from benchmarks.parity.judge import BETTER, DIFFERENT, MEANT, SAME, Verdict, compare, judge
from benchmarks.parity.table import is_alike, row_of, summary, tables
from benchmarks.place import ROOT

GROUP = Group(name="test")
CASE = GROUP.cog("preview.npy", "a.tif", bidx=[1, 2], rescale="0,1")
PNG, ARRAY, JSON, PROBLEM = "image/png", "application/x-binary", "application/json", "application/problem+json"
RAMP = np.arange(64, dtype=np.uint8).reshape(1, 8, 8)
FULL = np.full((1, 8, 8), 255, np.uint8)


def answer(body: bytes = b"", media: str = JSON, status: int = 200, base: str = "http://a", **headers: str) -> Answer:
    return Answer(base=base, status=status, headers={"content-type": media, **headers}, body=body)


def array(*planes: np.ndarray, **more: str) -> Answer:
    file = BytesIO()
    np.save(file, np.concatenate(planes))
    return answer(file.getvalue(), ARRAY, **more)


def picture(pixels: np.ndarray, kind: str = "PNG", **options: int) -> Answer:
    file = BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return answer(file.getvalue(), f"image/{kind.lower()}")


def told(value: object, base: str = "http://a") -> Answer:
    return answer(json.dumps(value).encode(), base=base)


def aspects(theirs: Answer, ours: Answer, case: Case = CASE) -> list[str]:
    return [difference.aspect for difference in compare(case, theirs, ours)]


def changed(data: np.ndarray, count: int, by: int) -> np.ndarray:
    """``count`` of 10 000 pixels of a flat picture, other than before."""
    data = data.copy()
    data.ravel()[:: data.size // count][:count] += by
    return data


def test_a_request_is_sent_and_written_as_people_write_it():
    assert CASE.target("http://f") == "/cog/preview.npy?url=http%3A%2F%2Ff%2Fa.tif&bidx=1&bidx=2&rescale=0%2C1"
    assert CASE.text == "GET /cog/preview.npy?url=a.tif&bidx=1&bidx=2&rescale=0,1"
    shape = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[1.5, 2], [3, 4]]]}}
    assert GROUP.stac("feature", "i.json", BODY=shape).text == (
        "POST /stac/feature?url=i.json (Feature, Polygon from 1.50 2.00)"
    )


def test_requests_are_many_and_none_is_asked_twice():
    cases = [*pictures(), *rasters(), *items(), *numbers(), *documents(), *faults()]
    assert len(cases) >= 800
    assert [text for text, count in Counter(case.text for case in cases).items() if count > 1] == []


def test_masks_of_both_servers_mean_the_same():
    """The lowest value of the dtype, or 0; what is not valid has no value."""
    data = np.arange(64, dtype=np.int16).reshape(1, 8, 8)
    theirs, ours = np.full((1, 8, 8), 32767, np.int16), np.full((1, 8, 8), 255, np.int16)
    theirs[0, 0], ours[0, 0] = -32768, 0
    other = data.copy()
    other[0, 0] = -9
    assert aspects(array(data, theirs), array(other, ours)) == []


@pytest.mark.parametrize(
    ("ours", "aspect"),
    [
        (array(RAMP + 9, FULL), "pixels"),
        (array(RAMP, FULL * 0), "mask"),
        (array(RAMP, RAMP, FULL), "shape"),
        (array(RAMP.astype(np.uint16), FULL.astype(np.uint16)), "dtype"),
        (array(RAMP[:, :4], FULL[:, :4]), "shape"),
        (answer(b"no array", ARRAY), "pixels"),
        (answer(b"", ARRAY), "pixels"),
        (answer(b"", PROBLEM, 404), "status"),
        (answer(b"", PROBLEM, 500), "status"),
        (answer(b"{}"), "type"),
    ],
)
def test_what_differs_is_told(ours: Answer, aspect: str):
    assert aspect in aspects(array(RAMP, FULL), ours)
    assert judge(CASE, array(RAMP, FULL), ours, {}).outcome == DIFFERENT


def test_three_of_a_hundred_pixels_may_be_their_neighbours():
    rng = np.random.default_rng(1)
    data = rng.integers(0, 200, (1, 100, 100), dtype=np.uint8)
    mask = np.full_like(data, 255)
    shifted = data.copy()
    shifted[0, ::4, 5::10] = np.roll(data, 1, axis=2)[0, ::4, 5::10]  # 250 of 10 000
    assert aspects(array(data, mask), array(shifted, mask)) == []
    shifted = data.copy()
    shifted[0, ::2, 5::10] = np.roll(data, 1, axis=2)[0, ::2, 5::10]  # 500
    assert aspects(array(data, mask), array(shifted, mask)) == ["pixels"]


def test_a_single_pixel_that_no_neighbour_has_is_told():
    data, mask = np.full((1, 100, 100), 50, np.uint8), np.full((1, 100, 100), 255, np.uint8)
    assert aspects(array(data, mask), array(changed(data, 1, 1), mask)) == []  # a step of rounding
    assert aspects(array(data, mask), array(changed(data, 1, 2), mask)) == ["values"]
    assert aspects(array(data, mask), array(data, changed(mask, 1, 1))) == []
    assert aspects(array(data, mask), array(data, changed(mask, 2, 1))) == ["mask"]


def test_floats_may_differ_by_their_last_digits():
    data, mask = np.linspace(1, 2, 64, dtype=np.float64).reshape(1, 8, 8), np.full((1, 8, 8), 255.0)
    assert aspects(array(data, mask), array(data * (1 + 1e-7), mask)) == []
    assert aspects(array(data, mask), array(data * 1.001, mask)) == ["pixels"]


def test_an_opaque_alpha_and_a_palette_are_ways_of_writing():
    colours = np.zeros((8, 8, 4), np.uint8)
    colours[..., 0], colours[..., 3] = RAMP[0] * 3, 255
    palette = Image.fromarray(colours[..., :3]).quantize(256)
    file = BytesIO()
    palette.save(file, "PNG")
    with Image.open(BytesIO(file.getvalue())) as written:
        meant = np.asarray(written.convert("RGB"))
    assert aspects(picture(colours), picture(colours[..., :3])) == []
    assert aspects(picture(meant), answer(file.getvalue(), PNG)) == []
    colours[0, 0, 3] = 0
    assert aspects(picture(colours), picture(colours[..., :3])) == ["mask"]


def test_lossy_pictures_may_be_a_little_apart():
    y, x = np.mgrid[:64, :64]
    smooth = np.stack([x * 3, y * 3, x + y], axis=-1).astype(np.uint8)
    assert aspects(picture(smooth, "JPEG", quality=75), picture(smooth, "JPEG", quality=90)) == []
    assert aspects(picture(smooth, "JPEG"), picture(np.flipud(smooth), "JPEG")) == ["pixels"]


def test_places_are_compared_as_numbers_and_a_crs_as_it_is_written():
    theirs = array(RAMP, FULL, **{"content-bbox": "1.0,2.0,3.0,4.0", "content-crs": "<u/3857>"})
    near = array(RAMP, FULL, **{"content-bbox": "1,2,3.0000000001,4", "content-crs": "<u/3857>"})
    far = array(RAMP, FULL, **{"content-bbox": "1,2,3.1,4", "content-crs": "<u/4326>"})
    assert aspects(theirs, near) == []
    assert aspects(theirs, far) == ["header content-bbox", "header content-crs"]
    assert aspects(theirs, array(RAMP, FULL)) == ["header content-bbox", "header content-crs"]


@pytest.mark.parametrize(
    ("theirs", "ours", "aspect"),
    [
        ({"a": 1}, {"a": 2}, "json /a"),
        ({"a": 1}, {}, "json /a"),
        ({"a": True}, {"a": 1}, "json /a"),
        ({"a": 1.0}, {"a": 1.00001}, "json /a"),
        ({"a": [1, 2]}, {"a": [1]}, "json /a"),
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": 0}]}, "json /a/1/b"),
        ({"a": [{"id": "x"}]}, {"a": [{"id": "y"}]}, "json /a/x"),
        ({"conformsTo": ["http://x"]}, {"conformsTo": []}, "json /conformsTo"),
        (
            {"links": [{"rel": "self", "href": "http://a/p"}]},
            {"links": [{"rel": "self", "href": "http://b/q"}]},
            "json /links",
        ),
        ({"u": "http://a/t?x=1"}, {"u": "http://b/t?y=1"}, "json /u"),
        ({"u": "http://a/t"}, {"u": "http://a/t"}, "json /u"),
        ([], {}, "json /"),
    ],
)
def test_json_that_lacks_what_theirs_tells_differs(theirs: object, ours: object, aspect: str):
    assert aspects(told(theirs), told(ours, "http://b")) == [aspect]


def test_json_may_tell_more_in_another_order_and_of_another_host():
    theirs = {"n": 1 / 3, "none": None, "list": [{"id": "x"}, {"id": "y"}], "t": "http://a/tiles/{z}/{y}?u=1",
              "links": [{"rel": "self", "href": "http://a/p", "title": "One"}]}  # fmt: skip
    ours = {"n": 0.33333333333, "list": [{"id": "y", "more": 1}, {"id": "x"}], "t": "http://b/tiles/{z}/{y}@1x?u=1&v=2",
            "links": [{"rel": "up", "href": "http://b"}, {"rel": "self", "href": "http://b/p"}], "more": 1}  # fmt: skip
    assert aspects(told(theirs), told(ours, "http://b")) == []
    assert aspects(told(theirs), answer(b"{")) == ["json"]


def test_xml_has_the_identifiers_of_theirs():
    def document(*names: str, tag: str = "Capabilities") -> Answer:
        items = "".join(f"<o:Identifier xmlns:o='o'>{name}</o:Identifier>" for name in names)
        return answer(f"<{tag}>{items}</{tag}>".encode(), "application/xml")

    assert aspects(document("a", "b"), document("b", "c", "a")) == []
    assert aspects(document("a", "b"), document("a")) == ["xml names"]
    assert aspects(document("a"), document("a", tag="Other")) == ["xml"]
    assert aspects(document("a"), answer(b"<a>", "application/xml")) == ["xml"]


@pytest.mark.parametrize(
    ("theirs", "ours", "outcome"),
    [(200, 200, SAME), (404, 400, SAME), (500, 400, BETTER), (500, 502, BETTER), (500, 200, BETTER),
     (500, 500, DIFFERENT), (599, 500, DIFFERENT), (400, 500, DIFFERENT), (200, 404, DIFFERENT), (404, 200, DIFFERENT)],
)  # fmt: skip
def test_a_failure_of_theirs_may_be_explained_and_none_of_ours_is_excused(theirs: int, ours: int, outcome: str):
    media = PROBLEM if ours >= 400 else "text/html"
    case = GROUP.root("/x")
    assert (
        judge(case, answer(media="text/html", status=theirs), answer(media=media, status=ours), {}).outcome == outcome
    )


def test_an_error_is_a_problem():
    assert aspects(answer(status=404), answer(status=404)) == ["type"]


def test_an_explanation_covers_its_requests_and_its_respects_only():
    reason = Deliberate(title="Type", why="Why.", covers=("type",), where="preview", told="jpg")
    theirs, ours = answer(media="text/jpg"), answer(media="text/html")
    assert judge(CASE, theirs, ours, {"type": reason}).outcome == MEANT
    assert judge(GROUP.cog("bbox/0,0,1,1.npy", "a.tif"), theirs, ours, {"type": reason}).outcome == DIFFERENT
    assert judge(CASE, answer(media="text/gif"), ours, {"type": reason}).outcome == DIFFERENT
    assert judge(CASE, answer(media="text/jpg", status=404), ours, {"type": reason}).outcome == DIFFERENT


def test_one_difference_that_is_not_explained_is_enough():
    reason = Deliberate(title="Mask", why="Why.", covers=("mask",))
    verdict = judge(
        CASE, array(RAMP, FULL), array(RAMP.astype(np.uint16), FULL.astype(np.uint16) * 0), {"mask": reason}
    )
    assert [each.aspect for each in verdict.differences] == ["dtype", "mask"]
    assert verdict.outcome == DIFFERENT


def test_an_answer_that_takes_long_is_told():
    slow = Answer(base="http://a", status=404, headers={"content-type": PROBLEM}, seconds=21)
    assert aspects(answer(status=404), slow) == ["time"]


def test_tables_tell_counts_reasons_and_what_differs():
    def row(theirs: Answer, ours: Answer) -> dict[str, object]:
        return row_of(judge(CASE, theirs, ours))

    rows = [row(answer(b"{}"), answer(b"{}")), row(answer(media="image/jpg"), answer(media="image/jpeg"))]
    assert [each["outcome"] for each in rows] == [SAME, DIFFERENT]  # neither can be read
    picture = row_of(Verdict(case=CASE, theirs=answer(), ours=answer(), outcome=SAME))
    assert is_alike([rows[0], picture])
    assert not is_alike(rows)
    assert "| test  | 2        | 1    | 0      | 0          | 1         |" in tables(rows)
    assert "- `GET /cog/preview.npy?url=a.tif&bidx=1&bidx=2&rescale=0,1`\n  - 200 and 200" in tables(rows)
    assert summary(rows).startswith("2 requests: 1 same, 0 better, 0 deliberate, 1 DIFFERENT")


@pytest.mark.parametrize("key", DELIBERATE)
def test_every_explanation_is_in_the_docs(key: str):
    page = (ROOT / "docs" / "parity.md").read_text()
    assert f"**{DELIBERATE[key].title}.** {DELIBERATE[key].why}" in page


def test_no_key_of_an_explanation_is_used_twice():
    assert len(DELIBERATE) == sum(len(section) for section in SECTIONS.values())
