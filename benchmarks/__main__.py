"""Prints one table: what was measured, and the bar it should reach."""

import importlib
import sys
from collections.abc import Iterable

SUITES = (
    "product",
    "engine",
    "operations",
    "processes",
    "sql",
    "postgres",
    "auth",
    "policies",
    "guesses",
    "requests",
    "feeds",
)
Row = tuple[str, float, str, str]


def main(names: Iterable[str]) -> int:
    """Run the named suites, or all of them."""
    chosen = tuple(names) or SUITES
    unknown = [name for name in chosen if name not in SUITES]
    if unknown:
        sys.stderr.write(f"no suite {unknown[0]}; there are {', '.join(SUITES)}\n")
        return 2
    print(f"{'what':58} {'measured':>12} {'unit':14} bar")
    for name in chosen:
        rows: list[Row] = importlib.import_module(f"benchmarks.{name}").rows()
        for what, value, unit, bar in rows:
            print(f"{name + ': ' + what:58} {value:12,.2f} {unit:14} {bar}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
