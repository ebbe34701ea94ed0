"""The routes of the API: what each is asked, what it answers, and how a request becomes a job.

    400 not as declared, or refused by the model · 403 another site · 413 too large · 415 no JSON
    503 too many in line, or the map is not there yet · 504 it took too long

Whatever goes wrong, the answer is ``{"error": "one line"}``.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response

from swae_text.errors import SwaeTextError
from swae_text.explorer import answers, requests
from swae_text.explorer.operations import Explorer
from swae_text.explorer.survey import NotYet
from swae_text.explorer.worker import Full, Worker

SECONDS = 20.0
"""From the head of a request to its answer, its body and its place in line within them; and before
that, from a connection or its last answer to that head (``connection.py``)."""
WAITING = 64
"""Requests that may wait for the model."""


@dataclass(frozen=True)
class ApiRoute:
    """One route, as it is served and as it is documented."""

    method: Literal["GET", "POST"]
    path: str
    work: Callable[..., BaseModel]
    """Takes the explorer, and the request where there is one."""
    answer: type[BaseModel]
    asks: type[requests.Request] | None = None


ROUTES = (
    ApiRoute("GET", "/api/model", Explorer.model, answers.Model),
    ApiRoute("POST", "/api/encode", Explorer.encode, answers.Encoded, requests.EncodeRequest),
    ApiRoute("POST", "/api/decode", Explorer.decode, answers.Decoded, requests.DecodeRequest),
    ApiRoute(
        "POST", "/api/interpolate", Explorer.interpolate, answers.Path, requests.InterpolateRequest
    ),
    ApiRoute("POST", "/api/grid", Explorer.grid, answers.Grid, requests.GridRequest),
    ApiRoute("POST", "/api/sample", Explorer.sample, answers.Decoded, requests.SampleRequest),
    ApiRoute("POST", "/api/edit", Explorer.edit, answers.Edited, requests.EditRequest),
    ApiRoute("POST", "/api/rewrite", Explorer.rewrite, answers.Rewritten, requests.RewriteRequest),
    ApiRoute("GET", "/api/map", Explorer.map, answers.Map),
)


def endpoint(
    route: ApiRoute, explorer: Explorer, worker: Worker, seconds: float = SECONDS
) -> Callable[[HttpRequest], Awaitable[Response]]:
    """Read, check, wait in line, answer."""

    async def answer(request: HttpRequest) -> Response:
        try:
            async with asyncio.timeout(seconds):
                asked = [route.asks.model_validate_json(await body(request))] if route.asks else []
                future = worker.submit(lambda: route.work(explorer, *asked).model_dump_json())
                return Response(await asyncio.wrap_future(future), media_type="application/json")
        except ValidationError as error:
            raise HTTPException(400, requests.complaint(error)) from None
        except SwaeTextError as error:
            raise HTTPException(400, " ".join(str(error).split())) from None
        except Full:
            raise busy("the model is busy: try again in a moment") from None
        except NotYet as error:
            raise busy(str(error)) from None
        except TimeoutError:
            raise HTTPException(504, f"no answer within {seconds:g} seconds") from None

    return answer


def busy(why: str) -> HTTPException:
    """Not now."""
    return HTTPException(503, why, {"retry-after": "1"})


async def body(request: HttpRequest) -> bytes:
    """The body of a request, if it is JSON and not too large."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "send JSON, with the header Content-Type: application/json")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > requests.BODY_BYTES:
            raise HTTPException(413, f"the body is larger than {requests.BODY_BYTES:,} bytes")
        parts.append(part)
    return b"".join(parts)


async def as_error(request: HttpRequest, error: Exception) -> Response:
    """Every refusal as one JSON object."""
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)
    return JSONResponse({"error": "this went wrong; the terminal of the server says why"}, 500)
