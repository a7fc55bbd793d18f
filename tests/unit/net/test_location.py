"""Where a text points: URLs, stores, files, references, and this very server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.errors import SourceNotAllowed, SwathError
from app.model.location import FileLocation, RemoteLocation
from app.net.location import Locator
from app.net.policy import SourcePolicy

ITEM = RemoteLocation("https://stac.example/c/items/a.json")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "deep").mkdir(parents=True)
    (folder / "item.json").write_text("{}")
    (folder / "deep/B04.tif").write_bytes(b"II")
    (folder / "with space.tif").write_bytes(b"II")
    (tmp_path / "secret.tif").write_bytes(b"II")
    (tmp_path / "root-twin").mkdir()
    (tmp_path / "root-twin/x.tif").write_bytes(b"II")
    (folder / "out.tif").symlink_to(tmp_path / "secret.tif")
    (folder / "outdir").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    return folder.resolve()


def locate(text: str, root: Path | None = None, **options: object) -> object:
    return Locator(SourcePolicy(), root).locate(text, **options)  # type: ignore[arg-type]


def refusal(text: str, root: Path | None = None, **options: object) -> str:
    with pytest.raises(SourceNotAllowed) as caught:
        locate(text, root, **options)
    return caught.value.detail


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.com/a.tif", "https://example.com/a.tif"),
        ("  HTTPS://Example.com/a.tif#x ", "https://example.com/a.tif"),
        ("s3://bucket/a/b+c d.tif".replace(" d", ""), "https://bucket.s3.amazonaws.com/a/b%2Bc.tif"),
        ("s3://my.bucket/a.tif", "https://s3.amazonaws.com/my.bucket/a.tif"),
        ("gs://bucket/a?b.tif", "https://storage.googleapis.com/bucket/a%3Fb.tif"),
        ("az://account/container/a.tif", "https://account.blob.core.windows.net/container/a.tif"),
    ],
)
def test_urls_and_public_buckets_become_remote_locations(text: str, url: str) -> None:
    assert locate(text) == RemoteLocation(url)


@pytest.mark.parametrize(
    "text", ["s3://evil.com@host/k", "s3://a/k", "s3://UP/k", "az://a.b/c/d", "gs:///k", "s3:bucket"]
)
def test_a_bucket_name_cannot_choose_another_host(text: str) -> None:
    refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "ftp://h/x", "data:text/plain,x", "javascript:1", "vrt:///vsimem/x", "vrt://x.tif?bands=1", "zip:///x", "tar://x",
        "zip+https://h/x.zip!a.tif", "GTIFF_DIR:1:/etc/passwd", "gtiff_dir:1:x.tif", "NETCDF:x.nc:v", 'HDF5:"x"://v',
        "DERIVED_SUBDATASET:AMPLITUDE:x", "WMS:http://h", "/vsicurl/http://127.0.0.1/x", "/vsimem/x", "/VSIZIP/x.zip",
        "/vsicurl?url=http://h", "<VRTDataset/>", "<GDAL_WMS/>", "x|layername=y", "C:\\x.tif", "\\\\host\\share",
        "http:/h/x", "http:h", "http:///x", "https://", "http://h:99999/", "http://u:p@h/x", "file://host/x", "file:x",
        "x\ny", "x\0y", "", "mem://x", "s3a://b/k", "about:blank", "a:b.tif",
    ],
)  # fmt: skip
def test_nothing_but_urls_and_files_is_understood(text: str, root: Path) -> None:
    for each_root in (None, root):
        refusal(text, each_root)
        for base in (ITEM, FileLocation(root, root / "item.json")):
            if text:  # an empty reference is the base itself
                refusal(text, each_root, base=base) if text != "http:h" else None


def test_the_message_names_the_scheme_the_ones_that_work_and_the_setting() -> None:
    message = refusal("ftp://h/x")
    assert message.startswith("ftp:")
    assert "https, s3, gs" in message
    assert "SWATH_DATA_ROOT" in message


def test_a_link_relative_to_a_remote_item_stays_remote(root: Path) -> None:
    assert locate("../B04.tif", root, base=ITEM) == RemoteLocation("https://stac.example/c/B04.tif")
    assert locate("/etc/passwd", root, base=ITEM) == RemoteLocation("https://stac.example/etc/passwd")
    assert locate(str(root / "item.json"), root, base=ITEM) == RemoteLocation(f"https://stac.example{root}/item.json")


def test_a_remote_item_never_names_local_files(root: Path) -> None:
    refused = {refusal(f"{scheme}{root}/item.json", root, base=ITEM) for scheme in ("file://", "FILE://", " file:")}
    assert len(refused) == 1


def test_a_private_address_behind_a_relative_link_is_refused() -> None:
    refusal("//127.0.0.1/x", base=ITEM)


def test_files_inside_the_root_are_found_by_every_spelling(root: Path) -> None:
    wanted = FileLocation(root, root / "deep/B04.tif")
    absolute = [str(wanted.path), f"file://{wanted.path}", f"file://localhost{wanted.path}"]
    for text in ("deep/B04.tif", "deep/../deep/./B04.tif", f"file://{root}/deep/B%304.tif", *absolute):
        assert locate(text, root) == wanted
    assert locate("with space.tif", root) == FileLocation(root, root / "with space.tif")


def test_links_of_a_local_item_start_at_its_folder_and_may_climb_inside_the_root(root: Path) -> None:
    base = FileLocation(root, root / "deep/item.json")
    assert locate("B04.tif", root, base=base) == FileLocation(root, root / "deep/B04.tif")
    assert locate("../item.json", root, base=base) == FileLocation(root, root / "item.json")
    assert locate("https://example.com/x", root, base=base) == RemoteLocation("https://example.com/x")


def test_what_lies_outside_gets_the_same_answer_whether_it_exists_or_not(root: Path) -> None:
    outside = root.parent
    texts = [
        "../secret.tif", "../missing.tif", str(outside / "secret.tif"), str(outside / "missing.tif"), "/etc/passwd",
        "/etc/missing", f"file://{outside}/secret.tif", f"file://{outside}/missing.tif", "out.tif", "outdir/secret.tif",
        "outdir/missing.tif", "deep/../../secret.tif", "../root-twin/x.tif", str(outside / "root-twin/x.tif"), "..",
        ".", "/", f"file://{root}/%2e%2e/secret.tif", "x" * 5000 + "/../../../secret.tif", f"file://{root}/../secret.tif",
    ]  # fmt: skip
    assert len({refusal(text, root) for text in texts}) == 1


def test_without_a_root_no_file_is_named_and_existing_ones_are_not_told_apart(root: Path) -> None:
    texts = [str(root / "item.json"), str(root / "missing.json"), f"file://{root}/item.json", "item.json"]
    assert len({refusal(text) for text in texts}) == 1
    assert "SWATH_DATA_ROOT" in refusal("item.json")


def test_a_missing_file_inside_the_root_is_a_location(root: Path) -> None:
    """Whether it exists is for the reader to say; inside the root that is no secret."""
    assert locate("missing.tif", root) == FileLocation(root, root / "missing.tif")


def test_a_loop_of_links_is_not_followed_for_ever(root: Path) -> None:
    locate("loop", root)  # stays inside; opening it fails


def test_a_url_of_this_server_is_answered_from_its_mount(tmp_path: Path) -> None:
    sample = FileLocation(tmp_path, tmp_path / "item.json")
    asked: list[str] = []

    def mount(path: str) -> FileLocation | None:
        asked.append(path)
        return sample if path == "/v0/a b.json" else None

    locator = Locator(SourcePolicy(), None, mount)
    home = "https://x.org/swath"
    for text in (
        "https://x.org/swath/v0/a%20b.json",
        "http://X.ORG/swath/v0/a%20b.json?x=1",
        "https://x.org:443/swath/v0/a%20b.json",
    ):
        assert locator.locate(text, home=home) == sample
    assert set(asked) == {"/v0/a b.json"}
    assert locator.locate("https://x.org/swath/other", home=home) == RemoteLocation("https://x.org/swath/other")
    asked.clear()
    for text in ("https://x.org/swathed/v0/a%20b.json", "https://y.org/swath/v0/a", "https://x.org:8/swath/v0/a"):
        assert isinstance(locator.locate(text, home=home), RemoteLocation)
    assert asked == []


def test_the_mount_answers_for_loopback_homes_and_nothing_else_there(tmp_path: Path) -> None:
    sample = FileLocation(tmp_path, tmp_path / "item.json")
    locator = Locator(SourcePolicy(), None, lambda path: sample if path == "/v0/item" else None)
    assert locator.locate("http://127.0.0.1:8000/v0/item", home="http://127.0.0.1:8000") == sample
    for text in ("http://127.0.0.1:8000/other", "http://127.0.0.1:8001/v0/item"):
        with pytest.raises(SourceNotAllowed):
            locator.locate(text, home="http://127.0.0.1:8000")


def test_files_of_the_mount_cannot_lead_out_of_it(root: Path, tmp_path: Path) -> None:
    """Its root is not SWATH_DATA_ROOT, and neither is opened by the other."""
    base = FileLocation(root / "deep", root / "deep/item.json")
    locator = Locator(SourcePolicy(), root)
    assert locator.locate("B04.tif", base=base) == FileLocation(root / "deep", root / "deep/B04.tif")
    for text in ("../item.json", str(root / "item.json"), f"file://{root}/item.json"):
        with pytest.raises(SourceNotAllowed):
            locator.locate(text, base=base)


def test_no_message_shows_a_path_or_a_query(root: Path) -> None:
    for text in (
        "http://127.0.0.1/private/path?token=s3cret",
        f"file://{root.parent}/secret.tif",
        "http://u:s3cret@h/",
    ):
        with pytest.raises(SwathError) as caught:
            locate(text, root)
        for part in ("s3cret", "private", "secret.tif", os.fspath(root)):
            assert part not in caught.value.detail


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://tiles.example/swath/v0/search", "/v0/search"),
        ("https://TILES.example/swath/v0?limit=1", "/v0"),
        ("http://tiles.example/swath", "/"),
        ("http://tiles.example/other", None),
        ("http://tiles.example:8080/swath/v0", None),
        ("http://elsewhere.example/swath/v0", None),
        ("swath/v0", None),
        ("file:///swath/v0", None),
    ],
)
def test_a_url_of_this_very_server_is_known_by_its_base(text, expected):
    locator = Locator(SourcePolicy())
    assert locator.own_path(text, home="http://tiles.example/swath") == expected
    assert locator.own_path(text) is None


def test_a_reference_in_a_document_of_this_server_leads_to_this_server():
    locator, base = Locator(SourcePolicy()), RemoteLocation("http://tiles.example/v0/search")
    assert locator.own_path("?page=2", base=base, home="http://tiles.example") == "/v0/search"
    assert locator.own_path("//elsewhere.example/v0", base=base, home="http://tiles.example") is None
