"""The first page, the API documentation, and the files they are made of."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests

from app.settings import Settings
from tests.serving import serving

VIEWER = Path(__file__).parents[2] / "app" / "viewer"
OURS = [path for path in VIEWER.rglob("*") if path.is_file() and "vendor" not in path.parts]
HTML = {"Accept": "text/html"}
PAGES = {"/": "index.html", "/docs": "docs.html"}


@pytest.fixture(scope="module")
def plain_server() -> Iterator[str]:
    with serving(Settings(sample=False)) as base:
        yield base


@pytest.fixture(scope="module")
def described(sample_server: str) -> dict:
    return requests.get(f"{sample_server}/openapi.json", timeout=10).json()


def named_files(text: str) -> set[str]:
    """What the attributes of a page, the imports of a script and the urls of a style name."""
    names = re.findall(r'(?:src|href)="([^"#]+)"|from "(\.[^"]+)"|url\(([^)$]+)\)', text)
    return {next(filter(None, groups)).strip("'\"") for groups in names}


@pytest.mark.parametrize("path", PAGES)
def test_every_file_that_a_page_names_is_there(sample_server: str, path: str) -> None:
    asked = [f"{sample_server}{path}"]
    for url in asked:
        answer = requests.get(url, headers=HTML, timeout=10)
        assert answer.status_code == 200, url
        is_text = answer.headers["content-type"].startswith(("text/html", "text/javascript", "text/css"))
        if is_text and "/vendor/" not in url:
            asked += [found for name in named_files(answer.text) if (found := urljoin(url, name)) not in asked]
    assert len(asked) > 4


@pytest.mark.parametrize("file", OURS, ids=lambda path: path.name)
def test_no_file_of_ours_names_another_host(file: Path) -> None:
    text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "").replace("https://…", "")
    text = text.replace("https://tile.openstreetmap.org/", "")  # whoever asks for it
    text = text.replace("https://unpkg.com/maplibre-gl@6/", "")  # in a snippet, for a page of somebody else
    assert not re.search(r"https?:|['\"(]//", text)


@pytest.mark.parametrize("file", [*PAGES.values()])
def test_addresses_in_pages_are_relative_so_that_they_work_behind_a_path_prefix(file: str) -> None:
    names = named_files((VIEWER / file).read_text(encoding="utf-8"))
    assert names
    assert not [name for name in names if name.startswith("/")]


@pytest.mark.parametrize("path", PAGES)
def test_pages_forbid_the_browser_every_other_host(sample_server: str, path: str) -> None:
    policy = requests.get(f"{sample_server}{path}", headers=HTML, timeout=10).headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "http" not in policy
    assert "unsafe-eval" not in policy
    assert ("unsafe-inline" in policy) == (path == "/docs")


def test_the_street_map_is_let_through_only_where_the_address_asks_for_it(sample_server: str) -> None:
    policy = requests.get(f"{sample_server}/?base=osm", headers=HTML, timeout=10).headers["content-security-policy"]
    assert "img-src 'self' data: blob: https://tile.openstreetmap.org;" in policy
    assert policy.count("http") == 1


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("viewer/styles/base.css", "text/css; charset=utf-8"),
        ("viewer/js/main.js", "text/javascript; charset=utf-8"),
        ("viewer/favicon.svg", "image/svg+xml"),
        ("favicon.ico", "image/svg+xml"),
        ("viewer/vendor/VENDOR.json", "application/json"),
        ("viewer/vendor/swagger-ui/LICENSE", "text/plain; charset=utf-8"),
    ],
)
def test_files_have_their_type_and_are_answered_304_when_the_browser_has_them(
    sample_server: str, path: str, media_type: str
) -> None:
    url = f"{sample_server}/{path}"
    first = requests.get(url, timeout=10)
    again = requests.get(url, headers={"If-None-Match": first.headers["etag"]}, timeout=10)
    assert (first.status_code, first.headers["content-type"]) == (200, media_type)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["", "docs", "viewer/js/main.js", "viewer/vendor/swagger-ui/NOTICE", "openapi.json"])
def test_head_is_answered_like_get_without_the_body(sample_server: str, path: str) -> None:
    url = f"{sample_server}/{path}"
    head, get = (requests.request(method, url, headers=HTML, timeout=10) for method in ("HEAD", "GET"))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize(
    "path",
    [
        "../main.py", "%2e%2e/main.py", "..%2f..%2fLICENSE", "../../LICENSE", "%2e%2e%2f%2e%2e%2fLICENSE",
        "..%5c..%5cLICENSE", "/etc/passwd", "%2fetc%2fpasswd", "vendor/../../py.typed", "js/main.js%00.css", "",
        "vendor", ".", "a" * 5000 + ".css",
    ],
)  # fmt: skip
def test_nothing_outside_the_viewers_folder_is_sent(sample_server: str, path: str) -> None:
    # requests would tidy the dots away, so the path is put in place afterwards
    prepared = requests.Request("GET", f"{sample_server}/viewer/").prepare()
    prepared.url = f"{sample_server}/viewer/{path}"
    answer = requests.Session().send(prepared, timeout=10)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_program_gets_links_where_a_person_gets_the_page(sample_server: str) -> None:
    answer = requests.get(f"{sample_server}/", headers={"Accept": "application/json"}, timeout=10)
    links = {link["rel"]: link["href"] for link in answer.json()["links"]}
    assert answer.headers["vary"] == "Accept"
    assert links["search"] == f"{sample_server}/v0/search"
    assert requests.get(f"{sample_server}/", headers=HTML, timeout=10).text.startswith("<!doctype html>")


def test_without_the_sample_the_links_name_no_search_and_the_page_is_the_same(plain_server: str) -> None:
    answer = requests.get(f"{plain_server}/", headers={"Accept": "application/json"}, timeout=10)
    assert "search" not in {link["rel"] for link in answer.json()["links"]}
    assert "swath serve --sample" in requests.get(f"{plain_server}/", headers=HTML, timeout=10).text


def test_vendored_files_are_those_of_the_record_and_have_their_licences() -> None:
    vendor = VIEWER / "vendor"
    record = json.loads((vendor / "VENDOR.json").read_text(encoding="utf-8"))
    files = {path.relative_to(vendor).as_posix(): path for path in vendor.rglob("*") if path.is_file()}
    found = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    assert {name: digest for name, digest in found.items() if name != "VENDOR.json"} == record["files"]
    licences = files["LICENSES.txt"].read_text(encoding="utf-8")
    for package in record["packages"]:
        assert {"name", "version", "licence"} == set(package)
        assert f"{package['name']}\n\n" in licences


def test_what_the_page_needs_is_small_and_is_kept_for_ever_by_its_content(sample_server: str) -> None:
    session = requests.Session()
    html = session.get(f"{sample_server}/", headers=HTML, timeout=10)
    size = len(gzip.compress(html.content))
    urls = [urljoin(html.url, name) for name in named_files(html.text) if name.startswith("viewer/")]
    for url in urls:
        answer = session.get(url, headers={"Accept-Encoding": "gzip"}, timeout=10, stream=True)
        packed = answer.raw.read(decode_content=False)
        size += len(packed)
        assert answer.status_code == 200, url
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable", url
        text = gzip.decompress(packed).decode()
        named = re.findall(r'(?:from |import\(|fileOf\()"(\.[^"]+)"', text)
        urls += [found for name in named if (found := urljoin(url, name)) not in urls]
    assert size < 250_000
    for other in ("/", "/~0123456789abcdef/"):
        plain = re.sub(r"/~[0-9a-f]+/", other, urls[-1])
        assert session.get(plain, timeout=10).headers["cache-control"] == "no-cache"


def test_every_operation_is_described_once_with_tag_summary_and_words(described: dict) -> None:
    operations = [operation for methods in described["paths"].values() for operation in methods.values()]
    tags = {tag["name"] for tag in described["tags"]}
    assert all(operation["summary"] and operation["description"] for operation in operations)
    assert all(set(operation["tags"]) <= tags for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    generated = [o["summary"] for o in operations if re.fullmatch(r"[A-Z]\w+( [A-Z]\w+)+", o["summary"])]
    assert not generated, "these summaries are only the names of functions"


def test_the_description_says_which_kinds_of_dataset_there_are(described: dict) -> None:
    assert described["components"]["schemas"]["DatasetKind"]["enum"] == ["stac", "cog", "search"]
    for path, methods in described["paths"].items():
        if "{ds}" in path:
            for operation in methods.values():
                kind = next(p for p in operation["parameters"] if p["name"] == "ds")
                assert kind["schema"] == {"$ref": "#/components/schemas/DatasetKind"}


def test_every_operation_works_with_the_examples_of_its_description(sample_server: str, described: dict) -> None:
    """As 'Try it out' fills them in, for both kinds of dataset."""
    assert described["servers"] == [{"url": sample_server}]
    operations = [(path, *each) for path, methods in described["paths"].items() for each in methods.items()]
    for path, method, operation in operations:
        content = operation.get("requestBody", {}).get("content", {})
        body = content.get("application/json", {}).get("example", {} if method == "post" else None)
        for example in ("item", "raster") if "{ds}" in path else ("item",):
            url, query = path, {}
            for parameter in operation.get("parameters", ()):
                value = parameter.get("example") or parameter.get("examples", {}).get(example, {}).get("value")
                if parameter["name"] == "ds":
                    value = {"item": "stac", "raster": "cog"}[example]
                if parameter["in"] == "path":
                    url = url.replace(f"{{{parameter['name']}}}", value)
                elif value and not (example == "raster" and parameter["name"] == "assets"):
                    query[parameter["name"]] = value
            answer = requests.request(method, f"{sample_server}{url}", params=query, json=body, timeout=60)
            assert answer.status_code == 200, (answer.url, answer.text[:300])


def test_jobs_are_described_where_there_is_a_folder_for_them(plain_server: str, tmp_path: Path) -> None:
    with serving(Settings(jobs_dir=tmp_path)) as base:
        there, not_there = (
            set(requests.get(f"{each}/openapi.json", timeout=10).json()["paths"]) for each in (base, plain_server)
        )
    assert {path.split("/")[1] for path in there - not_there} == {"processes", "jobs"}


def test_without_the_sample_the_description_has_no_address_that_is_not_there(plain_server: str) -> None:
    text = requests.get(f"{plain_server}/openapi.json", timeout=10).text
    assert "/samples/sentinel" not in text


@pytest.mark.parametrize(("other", "path"), [("/api", "/openapi.json"), ("/api.html", "/docs"), ("/redoc", "/docs")])
def test_titilers_names_lead_to_the_same(sample_server: str, other: str, path: str) -> None:
    answers = [requests.get(sample_server + each, headers=HTML, timeout=10) for each in (other, path)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content


def test_ping_is_answered_as_it_once_was(plain_server: str) -> None:
    assert requests.get(f"{plain_server}/ping", timeout=10).json() == {"ping": "pong!"}
