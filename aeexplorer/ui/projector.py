"""The projection process of this server, for the pages: the server's lifespan hands it over, pages ask it for maps, metrics and priors."""

from aeexplorer.analysis.projector import Projector, Standing

_ABSENT = Standing("failed", "no projection process runs beside this server; start it with `aeexplorer`")

_running: list[Projector] = []


def serve(projector: Projector | None) -> None:
    """Let the pages use this one from now on, or none."""
    _running[:] = [projector] if projector else []


def ask(run_id: str, what: str, dims: int = 0) -> Standing:
    """How something stands (see `aeexplorer.analysis.errands`); what nobody has asked for yet is asked for."""
    if not _running:
        return _ABSENT
    standing = _running[0].state(run_id, what, dims)
    if standing.state == "absent":
        _running[0].request(run_id, what, dims)
        return Standing("waiting")
    return standing
