"""The catalogue: a SQLite index of the datasets and runs of a workspace.

The folders are the source of truth. The catalogue can be deleted at any time and rebuilt from them.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import DateTime, Engine, Integer, Select, String, create_engine, delete, event, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import NullPool

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace, read_json

Row = TypeVar("Row")
Result = TypeVar("Result")
_BUSY_TIMEOUT_SECONDS = 10.0  # how long to wait for another writer


class _Base(DeclarativeBase):
    pass


class DatasetRow(_Base):
    """A dataset as shown in lists."""

    __tablename__ = "datasets"
    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    n: Mapped[int] = mapped_column(Integer)
    modalities: Mapped[str] = mapped_column(String)
    created: Mapped[datetime] = mapped_column(DateTime)


class RunRow(_Base):
    """A run as shown in lists."""

    __tablename__ = "runs"
    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    dataset: Mapped[str] = mapped_column(String)
    created: Mapped[datetime] = mapped_column(DateTime)


class Catalogue:
    """Index of the datasets and runs of a workspace.

    Only the command line and the web process open the catalogue, never a worker. Writers lock the database at the start
    of a transaction (``BEGIN IMMEDIATE``) and wait up to ten seconds for each other.

    Parameters
    ----------
    workspace
        The workspace to index. If it has no catalogue yet, the catalogue is built from the folders.
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

    def _mending(self, work: Callable[[], Result]) -> Result:
        """Do some work on the database. If it is damaged, also while the server runs, it is rebuilt, and the work done again."""
        try:
            return work()
        except (DatabaseError, ValueError, TypeError) as error:  # a value of another type than its column is a ValueError
            _require_free(error)
        set_aside(self.workspace)
        _Base.metadata.create_all(self._writer)
        self.rebuild()
        return work()

    def add_dataset(self, folder: Path) -> None:
        """Add the dataset in a folder, or update its row."""
        row = _dataset_row(folder)
        self._mending(lambda: self._merge(row))

    def add_run(self, folder: Path) -> None:
        """Add the run in a folder, or update its row."""
        row = _run_row(folder)
        self._mending(lambda: self._merge(row))

    def _merge(self, row: DatasetRow | RunRow) -> None:
        with self._writing() as session:
            session.merge(row)

    def remove(self, item_id: str) -> None:
        """Remove the row of a deleted dataset or run."""
        self._mending(lambda: self._delete(item_id))

    def _delete(self, item_id: str) -> None:
        with self._writing() as session:
            for table in (DatasetRow, RunRow):
                session.execute(delete(table).where(table.id == item_id))

    def datasets(self) -> list[DatasetRow]:
        """Return all datasets, newest first."""
        return self._mending(lambda: self._rows(select(DatasetRow).order_by(DatasetRow.created.desc())))

    def runs(self, dataset: str | None = None) -> list[RunRow]:
        """Return all runs, or the runs of one dataset, newest first."""
        query = select(RunRow).order_by(RunRow.created.desc())
        if dataset is not None:
            query = query.where(RunRow.dataset == dataset)
        return self._mending(lambda: self._rows(query))

    def _rows(self, query: Select[Any]) -> list[Row]:
        with Session(self.engine, expire_on_commit=False) as session:
            return list(session.scalars(query))

    def rebuild(self) -> tuple[int, int]:
        """Rebuild the index from the folders. Unreadable records are skipped.

        Returns
        -------
        tuple of int
            Number of datasets and number of runs in the new index.
        """
        datasets = [*_read_rows(self.workspace.datasets.glob("ds-*/dataset.json"), _dataset_row)]
        runs = [*_read_rows(self.workspace.runs.glob("run-*/run.json"), _run_row)]
        with self._writing() as session:
            session.execute(delete(DatasetRow))
            session.execute(delete(RunRow))
            session.add_all([*datasets, *runs])
        return len(datasets), len(runs)


def open_catalogue(workspace: Workspace) -> Catalogue:
    """Open the catalogue of a workspace. A damaged catalogue is renamed to ``*.damaged`` and rebuilt from the folders.

    Raises
    ------
    UserError
        If another process holds the catalogue for longer than ten seconds.
    """
    try:
        catalogue = Catalogue(workspace)
        catalogue.datasets()
    except DatabaseError as error:
        _require_free(error)
        set_aside(workspace)
        return Catalogue(workspace)
    return catalogue


def set_aside(workspace: Workspace) -> None:
    """Rename a damaged catalogue to ``*.damaged``, and remove its journals, which belong to no other."""
    with contextlib.suppress(FileNotFoundError):
        workspace.catalogue.replace(workspace.catalogue.with_suffix(".damaged"))
    for path in workspace.root.glob("catalogue.sqlite-*"):
        path.unlink(missing_ok=True)


def _require_free(error: Exception) -> None:
    """Raise `UserError` if another process holds the catalogue, or it cannot be written at all."""
    if "locked" in str(error):
        raise UserError("the catalogue is busy: another process is writing to it", "Try again in a moment") from None
    if "readonly" in str(error) or "full" in str(error):
        raise UserError("the catalogue cannot be written: the disk is full or read-only", "Free some space") from None


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_TIMEOUT_SECONDS}, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _no_implicit_begin(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


def _read_rows(records: Iterable[Path], read_row: Callable[[Path], Row]) -> Iterator[Row]:
    for record in records:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            yield read_row(record.parent)


def _dataset_row(folder: Path) -> DatasetRow:
    record = read_json(folder / "dataset.json")
    modalities = ", ".join(f["modality"] for f in record["fields"].values())
    created = _modification_time(folder / "split.npy")  # dataset.json changes when the dataset is renamed
    if not isinstance(record["name"], str) or type(record["n"]) is not int or not 0 <= record["n"] < 2**31:
        raise ValueError("its name is no text, or its number of samples no number")
    return DatasetRow(id=folder.name, name=record["name"], n=record["n"], modalities=modalities, created=created)


def _run_row(folder: Path) -> RunRow:
    record = read_json(folder / "run.json")
    created = _modification_time(folder / "run.json")
    name, dataset = record["name"], record["config"]["dataset"]
    if not isinstance(name, str) or not isinstance(dataset, str):
        raise ValueError("its name or its dataset is no text")
    return RunRow(id=folder.name, name=name, dataset=dataset, created=created)


def _modification_time(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
