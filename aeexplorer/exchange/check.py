"""The confined process that checks an uploaded model.

Run as ``python -m aeexplorer.exchange.check`` in a folder with a ``request.json``. The process writes ``result.json`` and the
accepted files, under fixed names, into the same folder.
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.ingest.child import run_task
from aeexplorer.data.uploads.members import Member, open_upload
from aeexplorer.exchange.sniff import sniff

MAX_CONFIG_BYTES = 64 << 10
FILE_NAMES = {"weights": "weights.safetensors", "encoder": "encoder.onnx", "decoder": "decoder.onnx"}
"""Part of a model → name of its file in the folder."""


def check_upload(request: Mapping[str, Any], report: Callable[[Mapping[str, Any]], None]) -> None:
    """Recognise the files named in the request, check them, and write them into the current folder."""
    with open_upload([(file["name"], Path(file["path"])) for file in request["files"]]) as upload:
        recognised = sniff(upload.members)
        files = recognised.files
        result: dict[str, Any] = {"kind": recognised.kind, "shown": {part: member.name for part, member in files.items()}}
        if recognised.kind in ("onnx", "diffusers") and not request["samples"]:
            first = next(iter(files.values()))
            raise UploadRejected(
                first.file, "", "it does not say which data it is for", "Choose a dataset of pictures for it (--data NAME)"
            )
        if recognised.kind == "onnx":
            result["model"] = _check_pair(files, request)
        if recognised.kind == "diffusers":
            result["model"] = _read_config(files["config"])
        for part, name in FILE_NAMES.items():
            if part in files:
                with files[part].open() as source, Path(name).open("xb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
    Path("result.json").write_bytes(orjson.dumps(result))
    report({"progress": 1.0, "text": "read"})


def _check_pair(files: Mapping[str, Member], request: Mapping[str, Any]) -> dict[str, Any]:
    from aeexplorer.exchange.graphs import check_pair  # imports torch, which other kinds of models do not need

    model = check_pair(files["encoder"], files["decoder"], np.load(request["samples"], allow_pickle=False))
    table = model.pop("table", None)
    if table is not None:
        np.save("table.npy", table, allow_pickle=False)
    return model


def _read_config(member: Member) -> dict[str, Any]:
    try:
        config = orjson.loads(member.read(MAX_CONFIG_BYTES))
    except orjson.JSONDecodeError as error:
        raise member.rejected(f"it is not valid JSON ({error})", "Save the model again with save_pretrained") from None
    if not isinstance(config, dict):
        raise member.rejected("it is not a JSON object of settings", "Save the model again with save_pretrained")
    return config


if __name__ == "__main__":
    run_task(check_upload)
