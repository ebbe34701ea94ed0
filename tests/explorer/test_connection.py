"""A connection has so long to the head of a request, and its answer may take longer than that."""

import asyncio
import re

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from swae_text.explorer.connection import Connection
from swae_text.explorer.server import listen, settings

HALF = b"GET / HTTP/1.1\r\nHost: a\r\n"
BODY = b"POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"


async def slow(request):
    await asyncio.sleep(0.6)
    return PlainTextResponse("here")


def said_to(begun: bytes) -> bytes:
    """All that comes back until the server closes the connection, which the client never does."""

    async def talk() -> bytes:
        with listen("127.0.0.1", 0) as listener:
            server = uvicorn.Server(settings(Starlette(routes=[Route("/", slow)])))
            serving = asyncio.create_task(server.serve([listener]))
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            for part in (begun[:-1], begun[-1:]):  # the last byte gains no time
                writer.write(part)
                await asyncio.sleep(0.1)
            said = await asyncio.wait_for(reader.read(), 3)
            writer.close()
            server.should_exit = True
            await serving
            return said

    return asyncio.run(talk())


@pytest.mark.parametrize(
    ("begun", "answered"),
    [(b"GE", []), (HALF, []), (HALF + b"\r\n" + HALF, [b"200"]), (BODY, [b"404"])],
    ids=["two bytes", "half a head", "half of another", "an answer before its body"],
)
def test_who_never_sends_a_whole_head_is_shut_out(monkeypatch, begun, answered):
    monkeypatch.setattr(Connection, "seconds", 0.3)
    assert re.findall(rb"HTTP/1.1 (\d+)", said_to(begun)) == answered
