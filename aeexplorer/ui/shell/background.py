"""The projection processes of this server, for the pages: the server hands them over, pages ask for maps, metrics and priors."""

from aeexplorer.background.process import Projector, Standing

_ABSENT = Standing("failed", "no projection process runs beside this server; start it with `aeexplorer`")

_running: list[Projector] = []


def serve(projector: Projector | None, errands: Projector | None = None) -> None:
    """Let the pages use this one from now on, or none; and another for all that is no map, where there is one."""
    _running[:] = [projector, errands or projector] if projector else []


def ask(run_id: str, what: str, dims: int = 0) -> Standing:
    """How something stands; what nobody has asked for yet is asked for.

    `what` is as in `aeexplorer.background.kinds`; only maps have `dims`.
    """
    if not _running:
        return _ABSENT
    chosen = _running[0 if dims else 1]
    standing = chosen.state(run_id, what, dims)
    if standing.state == "absent":
        chosen.request(run_id, what, dims)
        return Standing("waiting")
    return standing
