"""Build the API pages with pdoc: ``python .ci/api_pages.py FOLDER``. Any warning of pdoc is an error.

`aeexplorer` imports its public names when they are first used, so they are imported here before pdoc looks at them.
"""

import pkgutil
import sys
import warnings
from pathlib import Path

import pdoc

import aeexplorer


def main(folder: Path) -> None:
    """Write the pages of the public API and of every package below it."""
    for name in aeexplorer.__all__:
        setattr(aeexplorer, name, getattr(aeexplorer, name))
    packages = [f"aeexplorer.{module.name}" for module in pkgutil.iter_modules(aeexplorer.__path__)]
    pdoc.render.configure(docformat="numpy", search=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pdoc.pdoc("aeexplorer", *packages, output_directory=folder)
    messages = sorted({str(warning.message) for warning in caught if Path(warning.filename).parent.name == "pdoc"})
    if messages:
        sys.exit("\n".join(messages))
    print(f"{sum(1 for _ in folder.rglob('*.html'))} pages in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
