"""Time reruns of Streamlit sessions without a browser, over Streamlit's websocket protocol."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect


def rerun_together(port: int, sessions: int, rounds: int) -> list[float]:
    """Rerun all sessions at the same moment, several times.

    Parameters
    ----------
    port
        Port of the server.
    sessions
        Number of sessions.
    rounds
        Number of reruns per session.

    Returns
    -------
    list of float
        Seconds from the request for a rerun to its end, of every session in every round.
    """
    with ThreadPoolExecutor(1) as executor:  # playwright keeps an event loop running in the calling thread
        url = f"ws://127.0.0.1:{port}/_stcore/stream"
        return executor.submit(lambda: asyncio.run(_rerun_together(url, sessions, rounds))).result()


async def _rerun_together(url: str, sessions: int, rounds: int) -> list[float]:
    connections = [await connect(url, subprotocols=["streamlit"], max_size=None) for _ in range(sessions)]  # type: ignore[list-item]
    try:
        for session in connections:
            await _rerun(session)
        return [seconds for _ in range(rounds) for seconds in await asyncio.gather(*map(_rerun, connections))]
    finally:
        await asyncio.gather(*(session.close() for session in connections))


async def _rerun(session: ClientConnection) -> float:
    message = BackMsg()
    message.rerun_script.query_string = ""
    started = time.perf_counter()
    await session.send(message.SerializeToString())
    while True:
        response = ForwardMsg()
        response.ParseFromString(bytes(await session.recv(decode=False)))
        if response.WhichOneof("type") == "script_finished":
            return time.perf_counter() - started
