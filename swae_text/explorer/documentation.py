"""The page ``/api``: every route with its fields and limits, written from what checks requests."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from pydantic import BaseModel

from swae_text.explorer import requests
from swae_text.explorer.routes import ROUTES, SECONDS, WAITING, ApiRoute

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · swae_text explorer</title>
<link rel="icon" href="/static/icon.svg">
<link rel="stylesheet" href="/static/style.css">
</head>
<body class="document">
<header><a href="/">← Explorer</a><h1>JSON API</h1></header>
<main>
<p>A request is a JSON object of at most {bytes} bytes, sent with
<code>Content-Type: application/json</code>; unknown fields are refused. One request at a time works
with the model, {waiting} wait, and none takes more than {seconds:g} seconds. What goes wrong is
answered with <code>{{"error": "…"}}</code>: 400 the request is not as it should be, 403 a page of
another site asks, 413 too large, 415 no JSON, 503 busy (try again), 504 too slow.</p>
{routes}
</main>
</body>
</html>
"""


_WORDS = {"boolean": "true or false", "integer": "whole number"}


def page() -> str:
    """The whole page as HTML; it needs no script."""
    routes = "\n".join(map(_section, ROUTES))
    limits = {"bytes": f"{requests.BODY_BYTES:,}", "waiting": WAITING, "seconds": SECONDS}
    return _PAGE.format(routes=routes, **limits)


def _section(route: ApiRoute) -> str:
    """One route: what it does, what it takes, an example, what it gives."""
    parts = [f"<h2><code>{route.method} {route.path}</code></h2>"]
    parts.append(f"<p>{_prose(route.work.__doc__ or '')}</p>")
    if route.asks is not None:
        parts += ["<h3>takes</h3>", _table(route.asks)]
        if example := route.asks.model_json_schema().get("example"):
            parts.append(f"<pre>{escape(json.dumps(example))}</pre>")
    return "\n".join(["<section>", *parts, "<h3>gives</h3>", _table(route.answer), "</section>"])


def _table(model: type[BaseModel]) -> str:
    """Fields of an object; those of objects inside it come after, with dotted names."""
    schema = model.model_json_schema()
    rows = [
        f"<tr><th scope=row><code>{escape(name)}</code></th><td>{escape(kind)}</td>"
        f"<td>{_prose(said)}</td></tr>"
        for name, kind, said in _fields(schema, schema.get("$defs", {}), "")
    ]
    return f"<div class=scroll><table class=fields>{''.join(rows)}</table></div>"


def _fields(
    schema: dict[str, Any], below: dict[str, Any], path: str
) -> Iterator[tuple[str, str, str]]:
    """Name, type with limits, and documentation."""
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        optional = "" if name in required else f"; default {json.dumps(field.get('default'))}"
        yield f"{path}{name}", _kind(field) + optional, field.get("description", "")
        if inner := _object(field):
            yield from _fields(below[inner], below, f"{path}{name}.")


def _object(field: dict[str, Any]) -> str | None:
    """Name of the object that a field holds, alone, in a list or by name."""
    for place in (field, field.get("items", {}), field.get("additionalProperties", {})):
        if isinstance(place, dict) and "$ref" in place:
            return str(place["$ref"]).rpartition("/")[2]
    return None


def _kind(field: dict[str, Any]) -> str:
    """A type in words: ``list of 1 to 64: text of 1 to 500 characters``."""
    if "anyOf" in field:
        return " or ".join(_kind(one) for one in field["anyOf"])
    if "enum" in field:
        return " or ".join(json.dumps(value) for value in field["enum"])
    kind = field.get("type", "object")
    if kind == "array":
        rows = _range(field, "minItems", "maxItems")
        return f"list{rows}: {_kind(field.get('items', {'type': 'number'}))}"
    if kind == "object":
        inner = field.get("additionalProperties")
        return f"object: {_kind(inner)} by name" if isinstance(inner, dict) else "object"
    if kind == "string":
        length = _range(field, "minLength", "maxLength")
        return f"text{length} characters" if length else "text"
    return _WORDS.get(kind, str(kind)) + _range(field, "minimum", "maximum")


def _range(field: dict[str, Any], least: str, most: str) -> str:
    """`` of 1 to 64``, or what there is of it."""
    low, high = field.get(least), field.get(most, field.get("exclusiveMaximum"))
    if low is not None and low == high:
        return f" of {low}"
    if low is None or high is None:
        return "" if high is None else f" of at most {high:,}"
    return f" of {low:,} to {high:,}"


def _prose(text: str) -> str:
    """A docstring as HTML: code in backticks, the rest as it stands."""
    pieces = escape(" ".join(text.split())).replace("``", "`").split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(pieces))
