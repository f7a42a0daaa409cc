"""A small app around the linked charts, served to a real browser by `test_linked.py`."""

import io
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aeexplorer.routes.plotlyjs import ROUTES, under_base_path


async def card(request: Request) -> Response:
    sample = int(request.path_params["sample"])
    if request.path_params["run"] == "table":
        return JSONResponse({"rows": [["<b>height</b>", sample, 1.5]]})
    picture = np.random.default_rng(sample).integers(0, 255, (28, 58, 3), np.uint8)
    return Response(_png(picture), media_type="image/png")


async def decode(request: Request) -> Response:
    level = int(abs(float(request.query_params["x"]) * 40)) % 256
    return Response(_png(np.full((28, 28, 3), level, np.uint8)), media_type="image/png")


def _png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "png")
    return file.getvalue()


routes = [
    *ROUTES,
    Route("/aex/runs/{run}/samples/{sample:int}/card.png", card),
    Route("/aex/runs/{run}/decode.png", decode),
]
app = st.App(
    Path(__file__).with_name("linked_page.py"),
    routes=under_base_path(routes, st.get_option("server.baseUrlPath") or ""),
)
