"""Results as tables in Markdown, which a terminal shows well enough too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.cases import CASES
from benchmarks.parity.table import tables as parity_tables
from benchmarks.series import GOALS as SERIES_GOALS
from benchmarks.series import ONE
from benchmarks.servers import SWATH, TITILER
from benchmarks.table import table

Result = dict[str, Any]


def tables(result: Result) -> str:
    """Every table that the parts measured allow."""
    parts = [f"### CPU per request: {pattern}\n\n{_cost(cases)}" for pattern, cases in result.get("cost", {}).items()]
    if "throughput" in result:
        parts += [f"### Throughput: case {key}\n\n{_throughput(rows)}" for key, rows in result["throughput"].items()]
    if "http" in result:
        latency = result["options"]["latency_ms"]
        parts.append(f"### Over HTTP, {latency:g} ms a request\n\n{_http(result['http'])}")
    if "memory" in result:
        found = result["memory"]
        growth = f"From the first to the last: {100 * found['growth']:+.1f} %."
        parts.append(f"### Memory of Swath, {found['scenes']} scenes\n\n{_memory(found)}\n\n{growth}")
    if "series" in result:
        parts.append(f"### A time series\n\n{_series(result['series'])}")
    if "guards" in result:
        parts.append(f"### The bar\n\n{_guards(result['guards'])}")
    if "parity" in result:
        parts.append(parity_tables(result["parity"]))
    return "\n\n".join(parts)


def beside(found: dict[str, dict[str, float]]) -> str:
    """The table of this Swath and another: CPU per warm request, and how many times the other's this one takes."""
    names = ("here_ms", "there_ms", "ratio", "error")
    head = ("case", "here, ms", "there, ms", "ratio", "± (standard error)")
    return table(head, [[key, *(f"{row[name]:.3f}" for name in names)] for key, row in found.items()])


def page(results: Sequence[Result], method: str) -> str:
    """The page of record: method, the worst of all runs, circumstances and tables of the last."""
    last = results[-1]
    worst = f"### The worst of {len(results)} runs: pan\n\n{_worst(results)}\n\n" if len(results) > 1 else ""
    return f"{method}\n## Results\n\n{_circumstances(last)}\n\n{worst}{tables(last)}\n"


def _worst(results: Sequence[Result]) -> str:
    """Ratios of every run, and whether the lowest one reaches the goal."""
    head = ("case", "cold, each run", "worst", "goal", "warm, each run", "worst", "goal")
    runs = [result["cost"]["pan"] for result in results]
    return table(head, [_worst_row(key, [run[key] for run in runs]) for key in runs[0]])


def _worst_row(key: str, cases: Sequence[Result]) -> list[str]:
    row = [f"{key} {CASES[key].title}"]
    for phase, goal in (("cold", CASES[key].goal_cold), ("warm", CASES[key].goal_warm)):
        ratios = [found for case in cases if (found := ratio(case, phase)) is not None]
        lowest = min(ratios, default=None)
        row += [" ".join(f"{each:.1f}" for each in ratios), _times(lowest), _goal(goal, lowest)]
    return row


def ratio(case: Result, phase: str) -> float | None:
    """How many times the CPU of Swath TiTiler needs."""
    if TITILER not in case:
        return None
    return float(case[TITILER][phase]["cpu_ms"] / case[SWATH][phase]["cpu_ms"])


def _circumstances(result: Result) -> str:
    machine, versions = result["machine"], result["versions"]
    named = [
        f"{server} ({', '.join(f'{name} {version}' for name, version in found.items())})"
        for server, found in versions.items()
    ]
    lines = [
        f"{result['date']}, commit {result['commit']}{' with changes' if result['changed'] else ''}, "
        f"`benchmarks/results/{result['name']}.json`",
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory']}, load {machine['load']} at the start",
        *named,
    ]
    if scene := result["scene_mb"]:
        sizes = ", ".join(f"{name} {size} MB" for name, size in scene.items())
        lines.append(f"Scene of {result['options']['size']} pixels: {sizes}")
    return "\n".join(f"- {line}" for line in lines)


def _cost(cases: Result) -> str:
    head = (
        "case",
        "TiTiler cold",
        "Swath cold",
        "ratio",
        "goal",
        "TiTiler warm",
        "Swath warm",
        "min-max",
        "ratio",
        "goal",
    )
    more = ("TiTiler p50/p95", "Swath p50/p95", "TiTiler MiB", "Swath MiB", "alike")
    return table((*head, *more), [_cost_row(key, case) for key, case in cases.items()])


def _cost_row(key: str, case: Result) -> list[str]:
    ours, theirs, goals = case[SWATH], case.get(TITILER), CASES[key]
    warm, alike = ours["warm"], case.get("alike")
    return [
        f"{key} {goals.title}",
        _cpu(theirs, "cold"),
        _cpu(ours, "cold"),
        _times(ratio(case, "cold")),
        _goal(goals.goal_cold, ratio(case, "cold")),
        _cpu(theirs, "warm"),
        _cpu(ours, "warm"),
        f"{warm['cpu_ms_min']:.2f}-{warm['cpu_ms_max']:.2f}",
        _times(ratio(case, "warm")),
        _goal(goals.goal_warm, ratio(case, "warm")),
        _walls(theirs),
        _walls(ours),
        f"{theirs['memory_mb']:.0f}" if theirs else "",
        f"{ours['memory_mb']:.0f}",
        f"{100 * alike:.1f} %" if alike is not None else "",
    ]


def _throughput(rows: Sequence[Result]) -> str:
    cells = {(row["server"], row["workers"], row["clients"]): row for row in rows}
    head = (
        "workers",
        "clients",
        "TiTiler/s",
        "Swath/s",
        "ratio",
        "TiTiler p50/p95",
        "Swath p50/p95",
        "Swath, to 1 worker",
    )
    return table(head, [_throughput_row(cells, *key[1:]) for key in cells if key[0] == SWATH])


def _throughput_row(cells: dict[tuple[str, int, int], Result], workers: int, clients: int) -> list[str]:
    ours, theirs = cells[SWATH, workers, clients], cells.get((TITILER, workers, clients))
    single = cells.get((SWATH, 1, clients))
    return [
        str(workers),
        str(clients),
        f"{theirs['per_second']:.1f}" if theirs else "",
        f"{ours['per_second']:.1f}",
        _times(ours["per_second"] / theirs["per_second"]) if theirs else "",
        f"{theirs['p50_ms']:.0f} / {theirs['p95_ms']:.0f}" if theirs else "",
        f"{ours['p50_ms']:.1f} / {ours['p95_ms']:.1f}",
        _times(ours["per_second"] / single["per_second"]) if single and workers > 1 else "",
    ]


def _http(servers: Result) -> str:
    head = ("question", "server", "GET", "HEAD", "MB", "serial round trips", "first ms", "then, median ms", "max ms")
    questions = servers[SWATH]
    return table(
        head, [_http_row(question, name, servers[name][question]) for question in questions for name in servers]
    )


def _http_row(question: str, name: str, found: Result) -> list[str]:
    counts = [str(found[key]) for key in ("get", "head")]
    waits = [f"{found[key]:.1f}" for key in ("first_ms", "median_ms", "max_ms")]
    return [question, name, *counts, f"{found['mb']:.2f}", str(found["round_trips"]), *waits]


def _memory(found: Result) -> str:
    return table(("requests", "MiB"), [(str(count), f"{size:.0f}") for count, size in found["mb"].items()])


def _series(ways: Result) -> str:
    """Each way, and how many times the time and CPU of one request it takes."""
    head = ("way", "wall, ms", "ratio", "goal", "CPU, ms", "ratio", "goal", "means differ by")
    one = ways[ONE]
    return table(head, [_series_row(way, found, one) for way, found in ways.items()])


def _series_row(way: str, found: Result, one: Result) -> list[str]:
    cells = [way]
    for key in ("wall_ms", "cpu_ms"):
        times = found[key] / one[key]
        cells += [f"{found[key]:.0f}", _times(times), _goal(SERIES_GOALS.get((way, key)), times)]
    return [*cells, f"{found['differs']:.1e}"]


def _guards(rows: Sequence[Result]) -> str:
    cells = [(row["demand"], row["demanded"], row["seen"], "yes" if row["held"] else "NO") for row in rows]
    return table(("demand", "demanded", "seen", "held"), cells)


def _cpu(server: Result | None, phase: str) -> str:
    return f"{server[phase]['cpu_ms']:.2f}" if server else ""


def _walls(server: Result | None) -> str:
    return f"{server['warm']['p50_ms']:.1f} / {server['warm']['p95_ms']:.1f}" if server else ""


def _times(value: float | None) -> str:
    return f"{value:.1f}x" if value is not None else ""


def _goal(goal: float | None, reached: float | None) -> str:
    if goal is None:
        return ""
    return f">= {goal:g}" + ("" if reached is None else " yes" if reached >= goal else " no")
