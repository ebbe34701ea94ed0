"""Other sites are not answered, and the browser is told to keep to this one."""

import pytest
from starlette.testclient import TestClient

from swae_text.explorer.guards import SECURITY, Guard
from swae_text.explorer.server import application

BODY = {"texts": ["it rains ."]}


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:8000"},
        {"host": ""},
        {"host": "[::1"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9000"},
        {"origin": "null"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_sites_are_refused(client, headers):
    for refused in (
        client.post("/api/encode", json=BODY, headers=headers),
        client.get("/api/model", headers=headers),
    ):
        assert (refused.status_code, list(refused.json())) == (403, ["error"])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "localhost:8000"},
        {"host": "[::1]:8000"},
        {"host": "192.168.1.7:8000", "origin": "http://192.168.1.7:8000"},
        {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
)
def test_the_page_itself_and_programs_are_answered(client, headers):
    assert client.post("/api/encode", json=BODY, headers=headers).status_code == 200


def test_a_link_from_another_site_opens_the_page(client):
    assert client.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_the_name_listened_on_is_ours(explorer):
    guard = Guard(lambda *_: None, "Box.Local")
    assert guard._is_ours("box.local:8000") and not guard._is_ours("other.local:8000")


@pytest.mark.parametrize("path", ["/", "/api", "/api/model", "/static/main.js", "/nothing"])
def test_every_answer_is_marked(client, path):
    headers = client.get(path).headers
    assert {name: headers[name] for name in SECURITY} == SECURITY
    assert "'unsafe" not in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_an_answer_that_went_wrong_is_marked_too(explorer, monkeypatch):
    monkeypatch.setattr("swae_text.explorer.documentation.page", lambda: 1 / 0)
    app = application(explorer)
    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    answer = client.get("/api")
    assert answer.status_code == 500 and "terminal" in answer.json()["error"]
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY
