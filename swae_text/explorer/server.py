"""The explorer on a port: the page, its files and the API, behind the guard."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from swae_text.errors import ConfigError
from swae_text.explorer import documentation
from swae_text.explorer.connection import Connection
from swae_text.explorer.guards import Guard
from swae_text.explorer.operations import Explorer
from swae_text.explorer.routes import ROUTES, SECONDS, WAITING, as_error, endpoint
from swae_text.explorer.worker import Worker

STATIC = Path(str(files("swae_text.explorer") / "static"))
CONNECTIONS = 256
"""At once; more are turned away."""


def application(
    explorer: Explorer,
    host: str = "127.0.0.1",
    *,
    waiting: int = WAITING,
    seconds: float = SECONDS,
) -> Guard:
    """The explorer as an ASGI application.

    Args:
        explorer: what it shows.
        host: the name that it is listened to on (``guards.py``).
        waiting: requests that may wait for the model.
        seconds: time limit of a request.
    """
    worker = Worker(waiting, explorer.survey.steps())

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        yield
        worker.close()

    async def index(request: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def described(request: Request) -> Response:
        return HTMLResponse(documentation.page())

    api = [
        Route(route.path, endpoint(route, explorer, worker, seconds), methods=[route.method])
        for route in ROUTES
    ]
    pages = [
        Route("/", index),
        Route("/api", described),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    app = Starlette(
        routes=[*api, *pages],
        exception_handlers={HTTPException: as_error, Exception: as_error},
        lifespan=life,
    )
    return Guard(app, host)  # no middleware of its own: those do not see its answers of 500


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 finds a free one.

    Raises:
        ConfigError: the port is taken, or the host is none or not of this machine.
    """
    if not host:  # to the system it is every address
        raise ConfigError("the host is empty: give an address, 0.0.0.0 to let others in")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=CONNECTIONS)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"cannot listen on {host} port {port} ({reason}): give another --port, or 0 for a "
            "free one"
        ) from error


def address(listener: socket.socket) -> str:
    """What to type into a browser."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"  # everywhere, so here too
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def serve(explorer: Explorer, listener: socket.socket, host: str) -> None:
    """Answer until interrupted, which ends with ``KeyboardInterrupt``."""
    uvicorn.Server(settings(application(explorer, host))).run(sockets=[listener])


def settings(app: ASGIApp) -> uvicorn.Config:
    """How an application is served."""
    return uvicorn.Config(
        app,
        http=Connection,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=2,
        ws="none",
    )
