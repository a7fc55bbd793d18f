"""``python -m benchmarks``: choose what is measured, measure it, show it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from benchmarks.beside import GUARDED, SILENT, UNGUARDED, Command, find_swath, measure_beside
from benchmarks.cases import CASES, Case
from benchmarks.cost import measure_case
from benchmarks.guards.run import SUBJECTS, measure_guards
from benchmarks.guards.stage import SIZE as GUARDS_SIZE
from benchmarks.machine import circumstances
from benchmarks.memory import measure_memory
from benchmarks.options import QUICK, Options
from benchmarks.parity.run import measure_parity
from benchmarks.parity.table import is_alike, row_of, summary
from benchmarks.peer import VARIABLE, find_peer, install_peer
from benchmarks.place import RESULTS, ROOT, BenchError, cache_folder
from benchmarks.profiler import profile
from benchmarks.remote import measure_http
from benchmarks.report import beside, page, tables
from benchmarks.scene import scene
from benchmarks.series import measure_series
from benchmarks.servers import Bench
from benchmarks.throughput import measure_throughput
from benchmarks.tiles import pan, scattered

PAGE = ROOT / "docs" / "benchmarks.md"
PAGES = {
    part: ROOT / "docs" / f"{name}.md"
    for part, name in (("guards", "guards"), ("parity", "parity"), ("series", "timeseries"))
}
"""Where records go that are not of speed."""
RESULTS_HEADING = "## Results\n"
PARTS = ("cost", "throughput", "http", "memory")
OTHER_FORMS = {"unguarded": UNGUARDED, "silent": SILENT}
ALONE = ("guards", "series", "beside", *OTHER_FORMS, "parity", "peer")
"""Each is a run of its own."""


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice([*PARTS, *ALONE]))
@click.option("--quick", is_flag=True, help="Small scene, few rounds: under three minutes.")
@click.option("--size", type=click.IntRange(512, 20000), help="Width of the scene in pixels (10980, quick 4096).")
@click.option("--cases", default=",".join(CASES), show_default=True, help="For `cost`; `throughput` takes the first.")
@click.option("--rows", metavar="NAMES", help=f"For `guards`: only these, of {','.join(SUBJECTS)}.")
@click.option("--checkout", type=click.Path(path_type=Path), help="For `beside`: the other checkout of Swath.")
@click.option("--no-peer", is_flag=True, help="Swath alone.")
@click.option("--record", metavar="NAME", help="Write benchmarks/results/NAME.json.")
@click.option("--page", metavar="NAMES", help="Only write docs/benchmarks.md from records, the last one in full.")
@click.option("--profile", metavar="CASE", help="Only show where Swath's CPU goes in a case.")
def main(
    parts: tuple[str, ...],
    quick: bool,
    size: int | None,
    cases: str,
    no_peer: bool,
    checkout: Path | None,
    **output: str | None,
) -> None:
    """Measure Swath beside TiTiler.

    `cost` is CPU per request, `throughput` requests per second, `http` the requests upstream and the waiting for them,
    `memory` how much Swath holds after 20 000 tiles; without a name all four. `guards` is about calm, not speed, and of
    Swath alone. `series` is a time series in one request, beside a crop of each scene.
    `beside` compares warm requests with those of another checkout of Swath, `unguarded` with those of this
    one without its guards, `silent` without its log and numbers besides. `parity` sends both servers the same requests,
    and fails when an answer differs that should not. `peer` installs TiTiler into an environment in the cache folder.
    """
    try:
        if output["page"]:
            write_page(output["page"].split(","))
            return
        _require_alone(parts)
        if parts == ("peer",):
            click.echo(f"TiTiler is in {install_peer()}")
            return
        if parts == ("parity",):
            _compare_answers(output["record"])
            return
        options = QUICK if quick else Options()
        if parts == ("guards",):
            options = replace(options, size=GUARDS_SIZE)
        options = replace(options, size=size) if size else options
        alone = no_peer or output["profile"] or (parts and parts[0] in ALONE and parts != ("series",))
        bench = Bench(folder=scene(options.size), peer=None if alone else _peer())
        if parts == ("beside",):
            click.echo(f"\n{compare(bench, ((), find_swath(checkout or ROOT)), find_cases(cases))}")
        elif parts and parts[0] in OTHER_FORMS:
            click.echo(f"\n{compare(bench, (GUARDED, OTHER_FORMS[parts[0]]), find_cases(cases))}")
        elif output["profile"]:
            click.echo(profile(bench, find_cases(output["profile"])[0]))
        else:
            _run(bench, parts or PARTS, find_cases(cases), options, output["record"], find_rows(output["rows"]))
    except BenchError as err:
        sys.exit(f"benchmarks: {err}")


def find_cases(keys: str) -> list[Case]:
    """Cases by their letters, separated by commas."""
    unknown = [key for key in keys.split(",") if key not in CASES]
    if unknown:
        raise BenchError(f"no case is named {', '.join(unknown)}; there are {', '.join(CASES)}")
    return [CASES[key] for key in keys.split(",")]


def find_rows(names: str | None) -> list[str]:
    """Subjects of the guards by their names, separated by commas; without them all."""
    found = names.split(",") if names else [*SUBJECTS]
    if unknown := [name for name in found if name not in SUBJECTS]:
        raise BenchError(f"no rows are named {', '.join(unknown)}; there are {', '.join(SUBJECTS)}")
    return found


def _peer() -> Path | None:
    peer = find_peer()
    if peer is None:
        click.echo(
            f"TiTiler is left out: not installed. Type: make bench ARGS=peer, or set {VARIABLE} to a python with it"
        )
    return peer


def _run(
    bench: Bench, parts: tuple[str, ...], cases: list[Case], options: Options, record: str | None, rows: list[str]
) -> None:
    started = time.monotonic()
    result = {"name": record or "last", **circumstances(bench), "options": asdict(options)}
    measures: dict[str, Callable[[], Any]] = {
        "cost": lambda: _cost(bench, cases, options),
        "throughput": lambda: {cases[0].key: measure_throughput(bench, cases[0], pan(), options)},
        "http": lambda: measure_http(bench, options),
        "memory": measure_memory,
        "guards": lambda: measure_guards(rows),
        "series": lambda: measure_series(bench),
    }
    for part in parts:
        click.echo(f"{part} ...", err=True)
        result[part] = measures[part]()
    result["seconds"] = round(time.monotonic() - started)
    click.echo(f"\n{tables(result)}\n\n{result['seconds']} s")
    _write(result, record)


def _write(result: dict[str, Any], record: str | None) -> None:
    target = RESULTS / f"{record}.json" if record else cache_folder() / "last.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=1) + "\n")
    click.echo(f"Written: {target}")


def _require_alone(parts: tuple[str, ...]) -> None:
    if len(parts) > 1 and (lone := [part for part in parts if part in ALONE]):
        raise BenchError(f"{lone[0]} is run by itself")


def _compare_answers(record: str | None) -> None:
    """The table of parity; what differs fails."""
    peer = find_peer()
    if peer is None:
        raise BenchError(f"there is no TiTiler to compare with. Type: make bench ARGS=peer, or set {VARIABLE}")
    started = time.monotonic()
    about = circumstances(Bench(folder=RESULTS, peer=peer))
    rows = [row_of(verdict) for verdict in measure_parity(peer)]
    seconds = round(time.monotonic() - started)
    click.echo(f"\n{tables({'parity': rows})}\n\n{summary(rows)}\n{seconds} s")
    _write({"name": record or "last", **about, "seconds": seconds, "parity": rows}, record)
    if not is_alike(rows):
        raise BenchError("answers differ that should not")


def write_page(names: list[str]) -> None:
    """Write the tables of records into the page: the worst run of each case, then the last record in full."""
    missing = [name for name in names if not (RESULTS / f"{name}.json").is_file()]
    if missing:
        raise BenchError(f"there is no record {', '.join(missing)} in {RESULTS}")
    results = [json.loads((RESULTS / f"{name}.json").read_text()) for name in names]
    target = next((page for part, page in PAGES.items() if part in results[-1]), PAGE)
    method = target.read_text().partition(RESULTS_HEADING)[0].rstrip("\n") + "\n"
    target.write_text(page(results, method))


def compare(bench: Bench, programs: tuple[Command, Command], cases: list[Case]) -> str:
    """The table of this Swath and another command."""
    return beside({case.key: measure_beside(bench, programs, case, pan()) for case in cases})


def _cost(bench: Bench, cases: list[Case], options: Options) -> dict[str, Any]:
    """Figures by pattern and case; tiles anywhere for a few cases only."""
    chosen = [case for case in cases if case.key in options.scattered]
    once = replace(options, starts=1)
    runs = (("pan", pan()[:: options.step], cases, options), ("random", scattered(), chosen, once))
    found: dict[str, Any] = {}
    for pattern, places, some, how in runs:
        for case in some:
            click.echo(f"  {pattern}: {case.key} {case.title}", err=True)
            found.setdefault(pattern, {})[case.key] = measure_case(bench, case, places, how)
    return found


if __name__ == "__main__":
    main()
