"""``python -m tests.mutation``: run the faults and print which of them the tests notice."""

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutation.bench import Bench, Result
from tests.mutation.fault import Fault
from tests.mutation.faults import all_faults

TREE = Path(__file__).parents[2]
IMPORT_ERROR = "the tests import this copy"
PROMISED_SHARE = 0.95


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the faults that the arguments select. Returns 0 if at least 95 % are killed or explained as equivalent."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("names", nargs="*", help="run only faults whose name or module contains one of these texts")
    parser.add_argument("--workers", type=int, default=1, help="how many faults are tried at the same time (1)")
    parser.add_argument("--list", action="store_true", help="list the faults and run nothing")
    parser.add_argument("--verbose", action="store_true", help="print the first failure of each killed fault")
    options = parser.parse_args(arguments)
    faults = [f for f in all_faults() if not options.names or any(n in f"{f.module} {f.name}" for n in options.names)]
    if options.list:
        print(*(f"{fault.module}: {fault.name}" for fault in faults), f"{len(faults)} faults", sep="\n")
        return 0
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # read when the bench imports the libraries
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        bench = Bench(TREE, Path(folder), options.workers)
        _require_fair_bench(bench, sorted({test for fault in faults for test in fault.tests}))
        results = []
        for result in bench.run([(fault, fault.tests) for fault in faults]):
            results.append(result)
            print(_row(result, options.verbose), flush=True)
    return _summarise(results)


def _require_fair_bench(bench: Bench, tests: list[str]) -> None:
    """Check that the copy is what tests import, and that all tests pass without a fault."""
    package = (TREE / "aeexplorer" / "__init__.py").read_text("utf-8")
    probe = Fault("the package cannot be imported", "__init__.py", package, f"raise RuntimeError({IMPORT_ERROR!r})\n", ())
    (broken,) = bench.run([(probe, tests[:1])])
    if broken.status == 0 or IMPORT_ERROR not in broken.output:
        raise SystemExit(f"the tests do not import the copy of the package:\n{broken.output}")
    (whole,) = bench.run([(None, tests)])
    if whole.status != 0:
        raise SystemExit(f"tests fail without any fault:\n{whole.output}")
    print(f"{len(tests)} test files pass without a fault in {whole.seconds:.0f} s\n", flush=True)


def _outcome(result: Result) -> str:
    assert result.fault is not None
    if result.status != 0:
        return "killed"
    return "equivalent" if result.fault.equivalent else "survived"


def _row(result: Result, verbose: bool) -> str:
    assert result.fault is not None
    row = f"{_outcome(result):<10} {result.seconds:6.1f} s  {result.fault.module}: {result.fault.name}"
    reason = [f"    {result.fault.equivalent}"] if result.fault.equivalent else []
    failures = [line for line in result.output.splitlines() if line.startswith(("FAILED", "ERROR"))] if verbose else []
    return "\n".join([row, *reason, *(f"    {line}" for line in failures[:1])])


def _summarise(results: list[Result]) -> int:
    outcomes = [_outcome(result) for result in results]
    counts = {name: outcomes.count(name) for name in ("killed", "survived", "equivalent")}
    share = counts["killed"] / max(1, len(outcomes) - counts["equivalent"])
    print(
        f"\n{len(outcomes)} faults: " + ", ".join(f"{count} {name}" for name, count in counts.items()) + f" ({share:.1%} killed)"
    )
    for result in results:
        if _outcome(result) == "survived" and result.fault is not None:
            print(f"survived: {result.fault.module}: {result.fault.name}")
    return 0 if share >= PROMISED_SHARE else 1


if __name__ == "__main__":
    raise SystemExit(main())
