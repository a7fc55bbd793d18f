"""Animations, decoded again by Pillow and FFmpeg and compared with the frames that went in."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.encode.film.film import FILMS, open_film, require_encoder
from app.encode.film.stamp import letter_size, stamp
from app.errors import BadRequest
from app.model.request import Motion

HEIGHT, WIDTH, COUNT = 51, 83, 4
STILLS = [Motion.GIF, Motion.WEBP, Motion.APNG]


def scene(number: int) -> NDArray[np.uint8]:
    """A smooth picture that changes, with a hole that moves."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    red, green, blue = 2 * x + 10 * number, 3 * y, (x * y) // 30
    pixels = np.stack([red, green, blue, np.full_like(x, 255)], axis=-1).astype(np.uint8)
    pixels[10:30, 15 * number : 15 * number + 20] = 0
    return pixels


FRAMES = [scene(number) for number in range(COUNT)]


def encoded(format: Motion, frames: list[NDArray[np.uint8]], fps: float = 2.5) -> bytes:
    film = open_film(format, fps)
    for frame in frames:
        film.add(frame)
    return film.finish()


def decoded(body: bytes) -> list[NDArray[np.uint8]]:
    with Image.open(io.BytesIO(body)) as image:
        shown = []
        for number in range(image.n_frames):
            image.seek(number)
            shown.append(np.array(image.convert("RGBA")))
        return shown


@pytest.mark.parametrize(("format", "mean"), [(Motion.GIF, 6.0), (Motion.WEBP, 3.0), (Motion.APNG, 0.0)])
def test_frames_come_out_as_they_went_in(format, mean):
    """Holes are exactly where they were: what one frame shows does not shine through the hole of the next."""
    shown = decoded(encoded(format, FRAMES))
    assert len(shown) == COUNT
    for there, frame in zip(shown, FRAMES, strict=True):
        np.testing.assert_array_equal(there[..., 3], frame[..., 3])
        valid = frame[..., 3] == 255
        assert np.abs(there[valid].astype(int) - frame[valid]).mean() <= mean


@pytest.mark.parametrize("format", STILLS)
def test_each_frame_is_shown_as_long_as_was_asked_for_and_again_and_again(format):
    with Image.open(io.BytesIO(encoded(format, FRAMES, fps=2.5))) as image:
        for number in range(COUNT):
            image.seek(number)
            image.load()
            assert image.info["duration"] == 400
        assert image.info["loop"] == 0


@pytest.mark.parametrize("format", STILLS)
def test_a_single_frame_and_one_pixel_are_animations_too(format):
    assert len(decoded(encoded(format, FRAMES[:1]))) == 1
    dot = np.array([[[200, 100, 50, 255]]], np.uint8)
    [there] = decoded(encoded(format, [dot]))
    assert np.abs(there.astype(int) - dot).max() <= 12


def test_an_apng_begins_with_a_picture_that_old_programs_show():
    body = encoded(Motion.APNG, FRAMES)
    assert body.startswith(b"\x89PNG\r\n\x1a\n")
    assert body.index(b"acTL") < body.index(b"IDAT") < body.index(b"fdAT")
    assert body.count(b"fcTL") == COUNT


def test_a_gif_of_few_colours_has_exactly_these():
    """Classes of a map are colours that a legend names: nothing is dithered."""
    colors = np.array([[170, 0, 0, 255], [0, 170, 0, 255], [0, 0, 170, 255], [90, 90, 20, 255]], np.uint8)
    rng = np.random.default_rng(7)
    frames = [colors[rng.integers(0, 4, (40, 60))] for _ in range(3)]
    for there, frame in zip(decoded(encoded(Motion.GIF, frames)), frames, strict=True):
        np.testing.assert_array_equal(there, frame)


def test_a_gif_has_one_palette_and_still_places_do_not_flicker():
    """Half of the picture stays, half changes: the half that stays is the same in all frames."""
    frames = [frame.copy() for frame in FRAMES]
    for frame in frames:
        frame[30:] = FRAMES[0][30:]
    body = encoded(Motion.GIF, frames)
    shown = decoded(body)
    for there in shown[1:]:
        np.testing.assert_array_equal(there[30:], shown[0][30:])
    with Image.open(io.BytesIO(body)) as image:
        palettes = {bytes(image.global_palette.palette)} if image.global_palette else set()
        for number in range(1, COUNT):
            image.seek(number)
            assert image.tile[0][3][0] == 8, "bits of a count"
    assert len(palettes) == 1


def test_a_gif_without_any_opaque_pixel_is_transparent():
    blank = np.zeros((8, 8, 4), np.uint8)
    [there] = decoded(encoded(Motion.GIF, [blank]))
    assert not there[..., 3].any()


def test_an_mp4_plays_from_its_beginning_in_every_player():
    """Even sizes, 4:2:0, the index before the pictures; transparent pixels are black."""
    import av

    body = encoded(Motion.MP4, FRAMES)
    assert body.index(b"moov") < body.index(b"mdat")
    with av.open(io.BytesIO(body)) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, float(stream.average_rate)) == ("h264", 2.5)
        shown = [frame.to_ndarray(format="rgb24") for frame in file.decode(stream)]
        assert (stream.width, stream.height, stream.pix_fmt) == (WIDTH + 1, HEIGHT + 1, "yuv420p")
    assert len(shown) == COUNT
    for there, frame in zip(shown, FRAMES, strict=True):
        difference = np.abs(there[:HEIGHT, :WIDTH].astype(int) - frame[..., :3])
        assert difference.mean() < 6
    assert shown[2][12:28, 33:47].mean() < 6, "in the hole"


def test_mp4_without_its_extra_is_refused_with_the_command_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(BadRequest, match=r"pip install 'swath\[mp4\]'"):
        require_encoder(Motion.MP4)
    for format in STILLS:
        require_encoder(format)


def test_every_format_has_an_encoder():
    assert set(FILMS) == set(Motion)


@pytest.mark.parametrize("ground", [0, 128, 255])
@pytest.mark.parametrize("size_wh", [(64, 20), (128, 128), (512, 400), (2048, 1024)])
def test_a_stamp_can_be_read_on_any_ground(ground, size_wh):
    """Its letters are nearly white at the smallest size, with black beside them, whatever lies below."""
    width, height = size_wh
    before = np.full((height, width, 4), ground, np.uint8)
    before[..., 3] = 255
    after = stamp(before, "2019-06-12")
    assert (before[..., :3] == ground).all(), "the picture that was given stays"
    changed = (after != before).any(axis=-1)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    assert 7 <= rows[-1] - rows[0] + 1 <= 60
    assert 0 < columns[0] < columns[-1] < width - 1
    assert rows[-1] < height - 1
    written = after[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1, 0]
    assert written.max() >= 240
    assert written.min() <= 10


def test_a_stamp_is_opaque_where_there_is_no_data():
    after = stamp(np.zeros((100, 200, 4), np.uint8), "2019-06")
    assert after[..., 3].max() == 255
    assert 0 < (after[..., 3] == 255).sum() < 1500


def test_letters_grow_with_the_picture_and_end_where_they_cannot_be_read():
    sizes = [letter_size((side, side), "2019-06-12") for side in (72, 256, 512, 4000)]
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (10, 48)
    with pytest.raises(BadRequest, match="40 x 40"):
        letter_size((40, 40), "2019-06-12")
