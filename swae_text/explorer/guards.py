"""Who may talk to the explorer: its own page and programs on this machine, and no other web site.

A page from anywhere can make a browser send requests to 127.0.0.1. It cannot set these:

    Host             the name the browser believes in; a rebound DNS name is not an address
    Origin           where the page came from, with every POST
    Sec-Fetch-Site   whether that is this very site

(OWASP, "Cross-site request forgery prevention"; W3C, "Fetch metadata request headers".) The headers
of each answer say the same to the browser: nothing from another host, and in nobody's frame.
"""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY = {
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
}


class Guard:
    """Refuses what another site asks for, and marks every answer with ``SECURITY``.

    Args:
        app: what is guarded.
        host: the name that the server was told to listen on, which ``Host`` may then be.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self.app, self.host = app, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with 403."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers[name] = value
            await send(message)

        reason = self._objection(scope["method"], scope["path"], Headers(scope=scope))
        if reason is not None:
            return await JSONResponse({"error": reason}, 403)(scope, receive, marked)
        await self.app(scope, receive, marked)

    def _objection(self, method: str, path: str, headers: Headers) -> str | None:
        """Why a request is refused."""
        host = headers.get("host", "")
        if not self._is_ours(host):
            return f"host {host[:100]!r} is not this server: open it by its address"
        asks = method not in ("GET", "HEAD") or path.startswith("/api/")
        if asks and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return "a page of another site may not ask"
        origin = headers.get("origin")
        if asks and origin is not None and _place(origin) != host:
            return f"a page of {origin[:100]!r} may not ask"
        return None

    def _is_ours(self, host: str) -> bool:
        """Whether a ``Host`` header is an address, ``localhost`` or the name listened on."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in ("localhost", self.host.lower()) or _is_address(name)


def _place(origin: str) -> str | None:
    """The host and port of an ``Origin`` header; None where it is no address at all."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
