"""Options of the server's sockets: small packets are sent without delay.

Streamlit has no setting for this, so this module, and only this module, uses file descriptors that Streamlit opened.
``AEEXPLORER_TCP_NODELAY=0`` leaves the sockets unchanged.
"""

import contextlib
import os
import socket
from pathlib import Path

VARIABLE = "AEEXPLORER_TCP_NODELAY"
DESCRIPTORS = Path("/dev/fd")


def disable_send_delay(descriptors: Path = DESCRIPTORS) -> int:
    """Set TCP_NODELAY on the TCP sockets of this process. Accepted connections inherit the option.

    asyncio sets the option only on sockets whose protocol is given explicitly, unlike that of Streamlit's listening socket.
    Each answer is written in two parts. Without the option, the second part waits 40 ms until the browser acknowledges the
    first part.

    Parameters
    ----------
    descriptors
        Folder with one entry for each open file descriptor.

    Returns
    -------
    int
        Number of changed sockets. 0 if ``AEEXPLORER_TCP_NODELAY`` is 0, or if the folder does not exist.
    """
    if os.environ.get(VARIABLE) == "0" or not descriptors.is_dir():
        return 0
    changed = 0
    for path in list(descriptors.iterdir()):
        with contextlib.suppress(OSError):
            if path.is_socket():
                with socket.socket(fileno=os.dup(int(path.name))) as duplicate:
                    duplicate.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    changed += 1
    return changed
