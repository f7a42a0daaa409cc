"""Routes of the JavaScript of our components, each folder ``ui/components/<component>/static``, cached for good.

The modules of the linked charts are served by `aeexplorer.routes.plotlyjs`. Other components may import them.
"""

import hashlib
from pathlib import Path

from starlette.routing import Route

from aeexplorer.routes.plotlyjs import LINKED_NAME, serve_file

_UI = Path(__file__).parents[1] / "ui" / "components"
_FILES = {path.parent.name: sorted(path.iterdir()) for path in sorted(_UI.glob("*/static")) if path.parent.name != "linked"}


def folder_of(component: str) -> str:
    """Return the folder name of a component's modules below ``/aex/``. It changes whenever one of the modules changes."""
    content = b"".join(path.read_bytes() for path in _FILES[component])
    return f"{component}-{hashlib.sha256(content).hexdigest()[:16]}"


def loader_of(component: str) -> str:
    """Return the script for `st.components.v2.component` that mounts the class that the component's ``main.js`` exports.

    See ``linked/static/mounted.js`` for the life cycle of the class. The address of ``main.js`` names the folder of the linked
    charts as ``?linked=``, for modules that import from there.
    """
    return f"""
const base = document.querySelector("script[type=module][src*='static/js/']").src.split("static/js/")[0];
const modules = ["{LINKED_NAME}/mounted.js", "{folder_of(component)}/main.js?linked={LINKED_NAME}"];
export default async (component) => {{
  const [{{ mount }}, {{ default: Kind }}] = await Promise.all(modules.map((path) => import(`${{base}}aex/${{path}}`)));
  return mount(Kind, component);
}};
"""


ROUTES = [Route(f"/aex/{folder_of(name)}/{path.name}", serve_file(path)) for name, paths in _FILES.items() for path in paths]
"""The routes, without base path."""
