"""The catalogue: an index of datasets and runs. The folders are the truth; this can be deleted and rebuilt."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import DateTime, Engine, Integer, String, create_engine, delete, event, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import NullPool

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace

Row = TypeVar("Row")
_PATIENCE = 10.0  # seconds to wait for another writer


class _Base(DeclarativeBase):
    pass


class DatasetRow(_Base):
    """One dataset, as the lists show it."""

    __tablename__ = "datasets"
    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    n: Mapped[int] = mapped_column(Integer)
    modalities: Mapped[str] = mapped_column(String)
    created: Mapped[datetime] = mapped_column(DateTime)


class RunRow(_Base):
    """One run, as the lists show it."""

    __tablename__ = "runs"
    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    dataset: Mapped[str] = mapped_column(String)
    created: Mapped[datetime] = mapped_column(DateTime)


class Catalogue:
    """Names and listings over a workspace.

    Only the command line and the web process open it, never a worker. Writers take the lock at the start
    (``BEGIN IMMEDIATE``) and wait up to ten seconds for one another.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.engine = _engine(workspace.catalogue)
        self._writer = self.engine.execution_options(writes=True)
        missing = not workspace.catalogue.exists()
        _Base.metadata.create_all(self._writer)
        if missing:
            self.rebuild()

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with Session(self._writer) as session, session.begin():
            yield session

    def add_dataset(self, folder: Path) -> None:
        """Index the dataset in a folder, or refresh its row."""
        with self._writing() as session:
            session.merge(_dataset_row(folder))

    def add_run(self, folder: Path) -> None:
        """Index the run in a folder, or refresh its row."""
        with self._writing() as session:
            session.merge(_run_row(folder))

    def forget(self, thing_id: str) -> None:
        """Drop the row of a dataset or run that is gone."""
        with self._writing() as session:
            for table in (DatasetRow, RunRow):
                session.execute(delete(table).where(table.id == thing_id))

    def datasets(self) -> list[DatasetRow]:
        """All datasets, newest first."""
        with Session(self.engine, expire_on_commit=False) as session:
            return list(session.scalars(select(DatasetRow).order_by(DatasetRow.created.desc())))

    def runs(self, dataset: str | None = None) -> list[RunRow]:
        """All runs, or those of one dataset, newest first."""
        query = select(RunRow).order_by(RunRow.created.desc())
        if dataset is not None:
            query = query.where(RunRow.dataset == dataset)
        with Session(self.engine, expire_on_commit=False) as session:
            return list(session.scalars(query))

    def rebuild(self) -> tuple[int, int]:
        """Read every folder again; returns the number of datasets and of runs found. Unreadable records are passed over."""
        datasets = [*_readable(self.workspace.datasets.glob("ds-*/dataset.json"), _dataset_row)]
        runs = [*_readable(self.workspace.runs.glob("run-*/run.json"), _run_row)]
        with self._writing() as session:
            session.execute(delete(DatasetRow))
            session.execute(delete(RunRow))
            session.add_all([*datasets, *runs])
        return len(datasets), len(runs)


def open_catalogue(workspace: Workspace) -> Catalogue:
    """The catalogue of a workspace; one that is damaged is moved aside and rebuilt from the folders."""
    try:
        catalogue = Catalogue(workspace)
        catalogue.datasets()
    except DatabaseError as error:
        if "locked" in str(error):
            raise UserError("the catalogue is busy", "Try again in a moment") from None
        with contextlib.suppress(FileNotFoundError):
            workspace.catalogue.replace(workspace.catalogue.with_suffix(".damaged"))
        return Catalogue(workspace)
    return catalogue


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _PATIENCE}, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _no_implicit_begin(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


def _readable(records: Iterable[Path], row: Callable[[Path], Row]) -> Iterator[Row]:
    for record in records:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            yield row(record.parent)


def _dataset_row(folder: Path) -> DatasetRow:
    record = orjson.loads((folder / "dataset.json").read_bytes())
    modalities = ", ".join(f["modality"] for f in record["fields"].values())
    made = _made(folder / "split.npy")
    return DatasetRow(id=folder.name, name=record["name"], n=record["n"], modalities=modalities, created=made)


def _run_row(folder: Path) -> RunRow:
    record = orjson.loads((folder / "run.json").read_bytes())
    return RunRow(id=folder.name, name=record["name"], dataset=record["config"]["dataset"], created=_made(folder / "run.json"))


def _made(written_once: Path) -> datetime:
    return datetime.fromtimestamp(written_once.stat().st_mtime, UTC)
