"""GIF, by Pillow: one palette for all frames, so that what does not change does not flicker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

Bytes = NDArray[np.uint8]

SAMPLE = 2**18
"""Pixels of all frames that decide the palette."""
FEW = 512
"""Colours of all frames up to which nothing is dithered: a colormap's 256, and the grey rim of letters."""
OWN = 253
"""Colours that are chosen for the frames; black and white of the stamp and the transparent one come behind them."""
TRANSPARENT = 255
OPAQUE_FROM = 128
"""A GIF knows no half transparency."""
SPREAD = 10
"""How far the pattern moves a value up and down together, of 255: about two steps between colours of a palette."""
PATTERN = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 0.47
"""Bayer's ordered dithering: it stands still from frame to frame, where the diffusion of errors would swarm."""


class GifFilm:
    """Frames are kept until the last one has come: only then their palette is known."""

    def __init__(self, fps: float) -> None:
        self._duration_ms = 10 * max(2, round(100 / fps))  # browsers take 10 ms for 100
        self._frames: list[Bytes] = []

    def add(self, pixels: Bytes) -> None:
        """Append a frame of shape ``(y, x, 4)``."""
        self._frames.append(pixels)

    def finish(self) -> bytes:
        """Give the whole, which is shown again and again."""
        palette, few = shared_palette(self._frames)
        images = self._indexed(palette, dithered=not few)
        first = next(images)
        with BytesIO() as out:
            first.save(
                out,
                "GIF",
                save_all=True,
                append_images=images,
                duration=self._duration_ms,
                loop=0,
                disposal=2,  # clear the canvas: what is transparent in the next frame shows nothing of this one
                transparency=TRANSPARENT,
                optimize=False,
            )
            return out.getvalue()

    def _indexed(self, palette: Picture, *, dithered: bool) -> Iterator[Picture]:
        """The frames as counts of the palette; each is let go."""
        self._frames.reverse()
        while self._frames:
            yield _index(self._frames.pop(), palette, dithered=dithered)


def shared_palette(frames: Sequence[Bytes]) -> tuple[Picture, bool]:
    """Choose the colours of all frames together.

    Returns:
        A picture with that palette, and whether the frames have few colours, which it holds or nearly holds.
    """
    from PIL import Image  # noqa: PLC0415 -- a tenth of a second at every start, which only these formats need

    colors = _sampled(frames)
    chosen = Image.fromarray(colors[np.newaxis]).quantize(OWN, Image.Quantize.MEDIANCUT)
    own = np.array(chosen.getpalette("RGB"), np.uint8).reshape(-1, 3)[:OWN]
    table = np.zeros((256, 3), np.uint8)
    table[: len(own)] = own
    table[OWN + 1] = 255
    palette = Image.new("P", (1, 1))
    palette.putpalette(table[:TRANSPARENT].ravel().tolist(), "RGB")
    return palette, _count(colors) <= FEW


def _count(colors: Bytes) -> int:
    """How many different colours there are."""
    red, green, blue = colors.T.astype(np.uint32)
    return len(np.unique((red << 16) | (green << 8) | blue))


def _sampled(frames: Sequence[Bytes]) -> Bytes:
    """Colours of opaque pixels, shape ``(n, 3)``, evenly out of all frames; black where there are none."""
    pixels = sum(frame.shape[0] * frame.shape[1] for frame in frames)
    step = max(1, pixels // SAMPLE) | 1  # odd, so that it does not keep to some columns
    taken = [flat[flat[:, 3] >= OPAQUE_FROM, :3] for flat in (frame.reshape(-1, 4)[::step] for frame in frames)]
    colors = np.concatenate(taken)
    return colors if len(colors) else np.zeros((1, 3), np.uint8)


def _index(pixels: Bytes, palette: Picture, *, dithered: bool) -> Picture:
    """A frame as counts of the palette."""
    from PIL import Image  # noqa: PLC0415 -- as above

    shown = _dithered(pixels[..., :3]) if dithered else np.ascontiguousarray(pixels[..., :3])
    counted = np.array(Image.fromarray(shown).quantize(palette=palette, dither=Image.Dither.NONE))
    counted[pixels[..., 3] < OPAQUE_FROM] = TRANSPARENT
    image = Image.fromarray(counted)
    table = palette.getpalette("RGB")
    assert table is not None
    image.putpalette([*table[: 3 * TRANSPARENT], 0, 0, 0], "RGB")
    return image


def _dithered(colors: Bytes) -> Bytes:
    """Colours moved up and down by the pattern; black and white, which the stamp has, stay."""
    height, width, _ = colors.shape
    pattern = np.tile(PATTERN * SPREAD, (height // 4 + 1, width // 4 + 1))[:height, :width, np.newaxis]
    moved = np.clip(colors + pattern, 0, 255).astype(np.uint8)
    extreme = (colors == colors[..., :1]).all(axis=-1, keepdims=True) & np.isin(colors[..., :1], (0, 255))
    return np.where(extreme, colors, moved)
