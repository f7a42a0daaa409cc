"""Sockets of the server that send small packets without waiting.

This is the only place that looks at file descriptors which Streamlit opened: it has no option for it. Setting
``AEEXPLORER_TCP_NODELAY=0`` leaves the sockets as they are.
"""

import contextlib
import os
import socket
from pathlib import Path

VARIABLE = "AEEXPLORER_TCP_NODELAY"
DESCRIPTORS = Path("/dev/fd")


def disable_send_delay(descriptors: Path = DESCRIPTORS) -> int:
    """Set TCP_NODELAY on the TCP sockets of this process, and so on the connections that they accept.

    asyncio does so for sockets that name their protocol; Streamlit's listening socket does not. Each answer is written in
    two parts, and the second would wait 40 ms for the browser to acknowledge the first.

    Parameters
    ----------
    descriptors
        Folder with one entry for each open file descriptor.

    Returns
    -------
    int
        Number of sockets changed; 0 where ``AEEXPLORER_TCP_NODELAY`` is 0, and where there is no such folder.
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
