"""A connection to the explorer: HTTP/1.1 as uvicorn speaks it, and no endless wait for a request.

uvicorn waits without end for the rest of a request that has begun, and a few hundred of those would
shut everybody else out. Here a connection has ``seconds``, from its beginning or from the end of
its last answer, to the head of a whole request; ``routes.py`` has the limit from there on.
"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

from swae_text.explorer.routes import SECONDS


class Connection(H11Protocol):
    """Is closed where no whole head of a request comes in time."""

    seconds = SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def handle_events(self) -> None:
        """Take in what was sent; a head may be whole with it."""
        super().handle_events()
        self._watch()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, if it is not there already."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        super().connection_lost(exc)
        self._rest()

    def _watch(self) -> None:
        """Let the time run while there is no request to answer, however much of one there is."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._rest()
        elif self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(self.seconds, self.transport.close)

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
