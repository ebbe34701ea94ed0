"""The page ``/api`` says what is true: its examples run, its limits are those of the checks."""

import re

import pytest

from swae_text.explorer.routes import ROUTES


@pytest.fixture
def page(client):
    return client.get("/api").text


def test_every_route_and_field_is_there(page):
    for route in ROUTES:
        assert f"{route.method} {route.path}</code>" in page
        for model in filter(None, (route.asks, route.answer)):
            for name, field in model.model_fields.items():
                assert f"<code>{name}</code>" in page
                assert field.description, f"{model.__name__}.{name} is not documented"


def test_limits_are_told(page):
    assert "list of 1 to 64: text of 1 to 500 characters" in page
    assert "whole number of 2 to 41; default 11" in page
    assert "65,536 bytes" in page


def test_the_page_needs_no_script_and_nothing_from_elsewhere(page):
    assert "<script" not in page and "style=" not in page
    assert all(link.startswith("/") for link in re.findall(r'(?:href|src)="([^"]*)"', page))


@pytest.mark.parametrize("route", [r for r in ROUTES if r.asks], ids=lambda route: route.path)
def test_examples_are_answered(client, route):
    example = route.asks.model_json_schema().get("example")
    if example is None and route.path == "/api/rewrite":  # of an attribute that is there
        example = {"text": "it rains .", "goals": {"opinion": "liked"}}
    elif example is None:  # decode: what encode gave
        texts = {"texts": ["it rains ."]}
        example = client.post("/api/encode", json=texts).json()
    answer = client.post(route.path, json=example)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == set(route.answer.model_fields)
