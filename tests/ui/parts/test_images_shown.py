"""Pictures are sent with the page, so that no later request can fail."""

import base64

import numpy as np
from streamlit.testing.v1 import AppTest

from aeexplorer.views.pictures.png import encode_png

SCRIPT = """
import numpy as np
from aeexplorer.ui.parts.images import show_image
from aeexplorer.views.pictures.png import encode_png
show_image(encode_png(np.arange(64, dtype=np.uint8).reshape(8, 8)), alt="grey", caption="a ramp")
"""


def test_a_picture_is_in_the_message_itself() -> None:
    at = AppTest.from_string(SCRIPT, default_timeout=20).run()
    assert not at.exception
    (shown,) = (image for element in at.get("image") for image in element.proto.imgs)
    kind, _, content = shown.url.partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(content) == encode_png(np.arange(64, dtype=np.uint8).reshape(8, 8))
    assert (shown.alt, shown.caption) == ("grey", "a ramp")
