"""The confined process that looks at a model from elsewhere: ``python -m aeexplorer.exchange.check`` in a folder with a
``request.json``. It writes ``result.json`` and the files that count, by names of its own, into the folder."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.ingest.child import run_task
from aeexplorer.data.uploads.members import Member, open_upload
from aeexplorer.exchange.graphs import check_pair
from aeexplorer.exchange.sniff import sniff

LARGEST_CONFIG = 64 << 10
NAMES = {"weights": "weights.safetensors", "encoder": "encoder.onnx", "decoder": "decoder.onnx"}


def work(request: Mapping[str, Any], say: Callable[[Mapping[str, Any]], None]) -> None:
    """Recognise the files of the request, check what needs checking, and lay them out."""
    with open_upload([(file["name"], Path(file["path"])) for file in request["files"]]) as upload:
        found = sniff(upload.members)
        result: dict[str, Any] = {"kind": found.kind, "shown": {part: member.name for part, member in found.files.items()}}
        if found.kind in ("onnx", "diffusers") and not request["samples"]:
            first = next(iter(found.files.values()))
            raise UploadRejected(
                first.file, "", "it does not say which data it is for", "Choose a dataset of pictures for it (--data NAME)"
            )
        if found.kind == "onnx":
            result["model"] = _checked_pair(found.files, request)
        if found.kind == "diffusers":
            result["model"] = _config(found.files["config"])
        for part, name in NAMES.items():
            if part in found.files:
                with found.files[part].open() as source, Path(name).open("xb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
    Path("result.json").write_bytes(orjson.dumps(result))
    say({"progress": 1.0, "text": "read"})


def _checked_pair(files: Mapping[str, Member], request: Mapping[str, Any]) -> dict[str, Any]:
    model = check_pair(files["encoder"], files["decoder"], np.load(request["samples"], allow_pickle=False))
    table = model.pop("table", None)
    if table is not None:
        np.save("table.npy", table, allow_pickle=False)
    return model


def _config(member: Member) -> dict[str, Any]:
    try:
        config = orjson.loads(member.read(LARGEST_CONFIG))
    except orjson.JSONDecodeError as error:
        raise member.rejected(f"it is no JSON ({error})", "Save the model again with save_pretrained") from None
    if not isinstance(config, dict):
        raise member.rejected("it is no list of settings", "Save the model again with save_pretrained")
    return config


if __name__ == "__main__":
    run_task(work)
