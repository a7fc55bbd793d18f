"""Write the pages of docs/ that follow from the code: settings, parameters, errors.

``python scripts/make_docs.py`` writes them; with ``--check`` it exits 1 when one is out of date.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from app import errors  # noqa: E402 -- the checkout is put on the path first
from app.api import dialect as parameters  # noqa: E402
from app.compute.algorithms import ALGORITHMS  # noqa: E402
from app.compute.algorithms.parameters import bounds_of  # noqa: E402
from app.model.algorithm import Algorithm  # noqa: E402
from app.settings import Settings  # noqa: E402

NOTE = "<!-- Written by scripts/make_docs.py from the code; change it there. -->\n\n"
SETTINGS = """# Settings

Environment variables, or keys of a TOML file named by `SWATH_CONFIG` (without the prefix, lower case); the environment
wins. `_MB` counts 1 048 576 bytes, `_S` seconds.

| setting | default | meaning |
|---|---|---|
"""
PARAMETERS = """# Query parameters

Names are those of TiTiler 2.x; older spellings mean the same. A parameter that a route does not know is left out and
named in the header `X-Ignored-Params`; with `strict=true` it is a 400 that says what was meant.

| parameter | also spelt | meaning | routes |
|---|---|---|---|
"""
ALGORITHMS_PAGE = """# Algorithms

`algorithm=hillshade` makes new bands of those read, or of the results of `expression`, before `rescale` and colours; on
tiles, TileJSON, crops, previews, legends and explain. `algorithm_params` has its parameters as a JSON object:
`algorithm_params={"azimuth":315}`, encoded. `/algorithms` lists them all, `/algorithms/hillshade` describes one.

Names, parameters, defaults and results are those of TiTiler 2.4, titles and descriptions are not. What differs besides:

- `hillshade` and `slope` look at the pixels around a picture, so that tiles side by side have no seam; TiTiler cuts
  its margin off the tile unless the same `buffer` is asked for. Both ways of asking give a tile of the same size and
  bytes here. A preview shows the whole, around which there is nothing: it keeps its size.
- A pixel without data stays one; TiTiler shows a lone one as if it had a height.
- `slope` and `normalizedIndex` in a picture without `rescale` are shown over their own range (0 to 90, -1 to 1), not
  over that of all floats, which is one grey.
- `slope` takes a pixel's width for changes along a row and its height for those down a column; TiTiler has them the
  other way round, which shows where pixels are not square.
- Heights that `terrainrgb` cannot count take the ends; TiTiler wraps them around, or fails.
- A parameter that an algorithm does not know is an error that says what was meant.
- `hillshade`, `slope` and `contours` of several bands take the first; `std` and `var` of one band are an error; TiTiler
  fails, or shows nothing.

| algorithm | takes | makes | dtype | parameters |
|---|---|---|---|---|
"""
ERRORS = """# Errors

Every error is `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail` (a sentence with the value,
the limit or the alternatives, and the remedy), `instance` (the request id, also in `X-Request-Id` and in the
[log](observability.md)), and `errors`, one entry per parameter at fault. `retry_after` repeats the header
`Retry-After`, `upstream_status` is what a source answered, `position` the place in an expression. Only `out-of-bounds`
may be kept by caches.

| type | status | meaning |
|---|---|---|
"""
SECTIONS = {
    "Causes": "What usually causes it",
    "Caller": "What the caller can do",
    "Operator": "What the operator can do",
    "Retry": "Whether to try again",
}
"""Sections of an error's docstring, and their titles on its page."""


def main() -> int:
    """Write or check every page."""
    pages = {
        "settings.md": settings_page(),
        "parameters.md": parameters_page(),
        "errors.md": errors_page(),
        "algorithms.md": algorithms_page(),
    }
    pages |= {f"errors/{kind.slug}.md": error_page(kind) for kind in _tree(errors.SwathError)}
    stale = [name for name, text in pages.items() if not _is_current(name, text)]
    orphans = [path for path in (ROOT / "docs" / "errors").glob("*.md") if f"errors/{path.name}" not in pages]
    if "--check" in sys.argv:
        stale += [f"errors/{path.name}" for path in orphans]
        if stale:
            sys.stderr.write(f"out of date: {', '.join(stale)}; run python scripts/make_docs.py\n")
        return 1 if stale else 0
    (ROOT / "docs" / "errors").mkdir(exist_ok=True)
    for path in orphans:
        path.unlink()
    for name, text in pages.items():
        (ROOT / "docs" / name).write_text(text, encoding="utf-8")
    return 0


def _is_current(name: str, text: str) -> bool:
    path = ROOT / "docs" / name
    return path.is_file() and path.read_text(encoding="utf-8") == text


def settings_page() -> str:
    """Every setting with its default and one line of help."""
    rows = [
        f"| `SWATH_{name.upper()}` | {_default(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return f"{NOTE}{SETTINGS}" + "\n".join(rows) + "\n"


def _default(value: object) -> str:
    if value is None or value == ():
        return "unset"
    if isinstance(value, tuple):
        return ", ".join(f"`{part}`" for part in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def parameters_page() -> str:
    """Every query parameter with all of its spellings, and the routes that know it."""
    groups = {
        "tile": parameters.TILE,
        "TileJSON": parameters.TILEJSON,
        "crop": parameters.CROP,
        "preview": parameters.PREVIEW,
        "tileset": parameters.TILESETS,
        "WMTS": parameters.WMTS_QUERY,
        "map": parameters.MAP,
        "point": parameters.POINT,
        "statistics": parameters.STATISTICS,
        "shape statistics": parameters.SHAPE_STATISTICS,
        "animation": parameters.ANIMATION,
        "asset statistics, metadata": parameters.ASSET_STATISTICS,
        "info": parameters.INFO,
        "COG validation": parameters.VALIDATE,
        "item of a COG": parameters.AUTHOR,
        "bounds, assets": parameters.DATASET,
        "search": parameters.SEARCH,
        "mosaic (with those of the same route of an item, and of a search)": parameters.MOSAIC,
        "time series at a point": parameters.SERIES,
        "time series within shapes": parameters.SHAPE_SERIES,
        "job list": parameters.JOB_LIST,
        "job results": parameters.RESULTS,
    }
    known = dict.fromkeys(p for group in groups.values() for p in group)  # two may have one name, on other routes
    rows = []
    for parameter in known:
        routes = ", ".join(route for route, group in groups.items() if parameter in group)
        also = ", ".join(f"`{alias}`" for alias in parameter.aliases)
        text = parameter.help.replace("|", "\\|")
        rows.append(f"| `{parameter.name}` | {also} | {text} | {routes} |")
    return f"{NOTE}{PARAMETERS}" + "\n".join(rows) + "\n"


def algorithms_page() -> str:
    """Every algorithm with its parameters, and what is meant by them."""
    rows = (
        f"| `{kind.id}` | {_bands(kind.bands_in)} | {_bands(kind.outputs and len(kind.outputs))} | "
        f"{kind.dtype or 'by the values'} | {_parameters(kind)} |\n"
        for kind in ALGORITHMS.values()
    )
    return NOTE + ALGORITHMS_PAGE + "".join(rows) + "\n" + "\n".join(map(_told, ALGORITHMS.values()))


def _bands(count: int | None) -> str:
    return "all bands" if count is None else "1 band" if count == 1 else f"{count} bands"


def _parameters(kind: type[Algorithm]) -> str:
    return ", ".join(f"`{field.name}` {field.default}" for field in dataclasses.fields(kind)) or "none"


def _told(kind: type[Algorithm]) -> str:
    fields = (
        f"- `{field.name}`: {bounds_of(field).about.rstrip('.')}; {bounds_of(field).told}; "
        f"{'none' if field.default is None else field.default} when left out.\n"
        for field in dataclasses.fields(kind)
    )
    text = inspect.cleandoc(kind.__doc__ or "").replace("``", "`")
    return f"## {kind.id}\n\n{text}\n\n{''.join(fields)}".rstrip() + "\n"


def errors_page() -> str:
    """Every kind of problem, by its ``type``."""
    rows = (
        f"| [{kind.slug}](errors/{kind.slug}.md) | {kind.status} | {_summary(kind)} |\n"
        for kind in _tree(errors.SwathError)
    )
    return NOTE + ERRORS + "".join(rows)


def error_page(kind: type[errors.SwathError]) -> str:
    """Everything about one kind of problem, as its docstring says it."""
    text = f"{NOTE}# {kind.title} (`{kind.slug}`)\n\nStatus {kind.status}. {_summary(kind)}\n"
    for section, title in SECTIONS.items():
        text += f"\n## {title}\n\n{_section(kind, section)}\n"
    return text + "\n[All errors](../errors.md)\n"


def _section(kind: type[errors.SwathError], name: str) -> str:
    match = re.search(rf"^{name}:\n((?:    .*\n?)+)", inspect.cleandoc(kind.__doc__ or ""), re.MULTILINE)
    if match is None:
        raise SystemExit(f"app/errors.py: {kind.__name__} does not say {SECTIONS[name].lower()} (a section {name!r}).")
    return " ".join(match[1].split())


def _tree(kind: type[errors.SwathError]) -> Iterator[type[errors.SwathError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _tree(child)


def _summary(kind: type[errors.SwathError]) -> str:
    return " ".join((kind.__doc__ or "").split("\n\n")[0].split()).replace("``", "`")


if __name__ == "__main__":
    raise SystemExit(main())
