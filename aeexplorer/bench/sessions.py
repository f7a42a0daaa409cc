"""Sessions of Streamlit without a browser: they speak its websocket protocol and time how long a rerun takes."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect


def rerun_together(port: int, sessions: int, rounds: int) -> list[float]:
    """Seconds from asking for a rerun to its end, of every session in every round; all sessions ask at the same moment."""
    with ThreadPoolExecutor(1) as apart:  # playwright keeps an event loop running in the calling thread
        url = f"ws://127.0.0.1:{port}/_stcore/stream"
        return apart.submit(lambda: asyncio.run(_rerun_together(url, sessions, rounds))).result()


async def _rerun_together(url: str, sessions: int, rounds: int) -> list[float]:
    opened = [await connect(url, subprotocols=["streamlit"], max_size=None) for _ in range(sessions)]  # type: ignore[list-item]
    try:
        for session in opened:
            await _rerun(session)
        return [seconds for _ in range(rounds) for seconds in await asyncio.gather(*map(_rerun, opened))]
    finally:
        await asyncio.gather(*(session.close() for session in opened))


async def _rerun(session: ClientConnection) -> float:
    message = BackMsg()
    message.rerun_script.query_string = ""
    started = time.perf_counter()
    await session.send(message.SerializeToString())
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(bytes(await session.recv(decode=False)))
        if answer.WhichOneof("type") == "script_finished":
            return time.perf_counter() - started
