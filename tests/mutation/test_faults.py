"""The table of faults fits the package: each original text is there exactly once, and each fault is a valid other program."""

import ast
from collections import Counter
from pathlib import Path

from tests.mutation.faults import all_faults

TREE = Path(__file__).parents[2]
FAULTS = all_faults()


def test_every_fault_changes_one_place_of_a_module_into_other_valid_code() -> None:
    sources = {fault.path(TREE): fault.path(TREE).read_text("utf-8") for fault in FAULTS}
    trees = {path: ast.dump(ast.parse(source)) for path, source in sources.items()}
    for fault in FAULTS:
        path = fault.path(TREE)
        assert ast.dump(ast.parse(fault.faulty(sources[path]))) != trees[path], fault.name


def test_every_fault_names_tests_that_exist() -> None:
    for fault in FAULTS:
        assert fault.tests
        for test in fault.tests:
            path, _, function = test.partition("::")
            assert (TREE / path).is_file(), f"{fault.name}: {path}"
            assert f"def {function.partition('[')[0]}" in (TREE / path).read_text("utf-8"), f"{fault.name}: {test}"


def test_names_of_faults_are_unique_and_there_are_at_least_120() -> None:
    assert Counter(fault.name for fault in FAULTS).most_common(1)[0][1] == 1
    assert len(FAULTS) >= 120
