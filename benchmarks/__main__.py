"""`make bench`: every benchmark of this folder, one after another; each prints a table of its own."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks


def main() -> None:
    """Run all benchmarks, or those named on the command line; numbers there are for the benchmark to read."""
    found = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    names = [word for word in sys.argv[1:] if not word.isdigit()] or [
        name for name in found if not name.startswith("_")
    ]
    for name in names:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
