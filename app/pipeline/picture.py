"""A picture of one scene, or of the many scenes of a search."""

from __future__ import annotations

from collections.abc import Container

from app.model.raster import Rendered, Unchanged
from app.model.request import DatasetKind, ImageRequest
from app.pipeline.image import render_image
from app.pipeline.mosaic import render_mosaic
from app.runtime import Runtime


async def render_picture(rt: Runtime, req: ImageRequest, known: Container[str] = ()) -> Rendered | Unchanged:
    """Render what a request asks for.

    Args:
        known: Names of the answers that the caller has.
    """
    render = render_mosaic if req.dataset.kind is DatasetKind.SEARCH else render_image
    return await render(rt, req, known)
