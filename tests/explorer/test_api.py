"""Every route against the library itself, and what each refuses."""

import pytest
import torch

from swae_text.explorer.requests import BODY_BYTES, CHARACTERS, SENTENCES
from swae_text.explorer.routes import ROUTES
from swae_text.latent.arithmetic import Direction, components, measured, traverse
from swae_text.latent.attributes import apply
from swae_text.latent.interpolation import lerp
from swae_text.vectors import load_vector

A, B, C, D = (
    "the cook smiled at us today .",
    "our guide was rude and slow again .",
    "my friend shouted at us .",
    "the driver was kind and quick .",
)


def post(client, route, **body):
    response = client.post(f"/api/{route}", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def test_encode_and_decode_are_those_of_the_space(client, space):
    vectors = post(client, "encode", texts=[A, B])["vectors"]
    torch.testing.assert_close(torch.tensor(vectors), space.encode([A, B]), rtol=1e-4, atol=1e-5)
    assert post(client, "decode", vectors=vectors)["texts"] == space.reconstruct([A, B])


def test_a_path_is_that_of_the_space(client, space):
    points = post(client, "interpolate", texts=[A, B, C], steps=4, path="slerp")["points"]
    path = space.interpolate(A, B, C, steps=4, path="slerp")
    assert [point["text"] for point in points] == path.texts
    assert [point["t"] for point in points] == pytest.approx(path.t)
    shares = space.typicality(path.z).tolist()
    assert [point["typicality"] for point in points] == pytest.approx(shares, abs=2e-3)


def test_a_grid_is_bilinear_and_has_paths_at_its_sides(client, space):
    rows = post(client, "grid", texts=[A, B, C, D], size=3)["rows"]
    a, b, c, d = space.encode([A, B, C, D])
    assert rows[0] == space.interpolate(A, B, steps=3).texts
    assert [row[0] for row in rows] == space.interpolate(A, C, steps=3).texts
    middle = lerp(lerp(a, b, 0.5), lerp(c, d, 0.5), 0.5)
    assert rows[1][1] == space.decode(middle[None])[0]


def test_samples_are_those_of_the_space(client, space):
    assert post(client, "sample", n=4, seed=3)["texts"] == space.sample(4, seed=3)
    drawn = [post(client, "sample", n=4, seed=3, temperature=1.0) for _ in range(2)]
    assert drawn[0] == drawn[1]


def test_a_model_that_searches_for_its_samples_takes_no_temperature(client, space, monkeypatch):
    searching = space.config.sampling.but(search=2)
    config = space.config.model_copy(update={"sampling": searching})
    monkeypatch.setattr(space, "config", config)
    refused = client.post("/api/sample", json={"n": 2, "temperature": 0.5})
    assert refused.status_code == 400 and "temperature: this model" in refused.json()["error"]
    assert post(client, "sample", n=2)["texts"] == space.sample(2)
    assert client.get("/api/model").json()["temperature"] is None


def test_an_edit_moves_along_attributes_and_then_to_positions(client, space, corpus, attribute):
    told = post(client, "edit", text=A, attributes={"opinion": -3.0}, axes={"2": 1.5})
    vector, _ = load_vector(attribute)
    z, known = space.encode(A), space.encode(corpus[0])
    axis = measured(Direction(components(known)[0][1]), known)
    moved = traverse(apply(z, vector, -3.0)[0], axis, torch.tensor([1.5]))
    assert told["text"] == space.decode(moved)[0]
    assert told["positions"][1] == pytest.approx(1.5, abs=1e-3)
    reading = told["readings"]["opinion"]
    assert reading["before"] == pytest.approx(float(vector.read(z)), abs=1e-4)
    after = float(vector.read(space.encode(told["text"])))
    assert reading["after"] == pytest.approx(after, abs=1e-4)


def test_an_edit_by_nothing_is_a_reconstruction(client, space):
    assert post(client, "edit", text=A)["text"] == space.reconstruct(A)[0]


def test_a_rewrite_is_the_edit_of_the_space(client, space, attribute):
    vector, _ = load_vector(attribute)
    for label in ("liked", "hated"):
        told = post(client, "rewrite", text=A, goals={"opinion": label}, confidence=0.7)
        [made] = space.edit([A], [vector.goal(label)], confidence=0.7)
        assert (told["text"], told["reached"]) == (made.text, made.reached)
        read = told["readings"]["opinion"]["after"]
        assert made.after == pytest.approx(read if label == "liked" else 1 - read, abs=1e-4)


def test_the_map_is_the_corpus_on_its_first_two_components(client, space, corpus):
    told = client.get("/api/map").json()
    assert (told["texts"], told["labels"]) == (corpus[0], corpus[1])
    z = space.encode(corpus[0])
    row = components(z)[0][0]
    wanted = measured(Direction(row), z).position(z)
    assert [x for x, _ in told["points"]] == pytest.approx(wanted.tolist(), abs=2e-3)


def test_the_model_is_described(client, space, run):
    told = client.get("/api/model").json()
    assert (told["dim"], told["space"]) == (space.dim(), "latent")
    assert told["folder"] == str(run / "model")
    [attribute] = told["attributes"]
    assert (attribute["negative"], attribute["positive"]) == ("hated", "liked")
    assert len(told["examples"]) == 4 and len(told["shares"]) == 8


@pytest.mark.parametrize(
    ("path", "body", "complaint"),
    [
        ("encode", {"texts": []}, "texts: List should have at least 1 item"),
        ("encode", {"texts": [A] * (SENTENCES + 1)}, "texts: List should have at most"),
        ("encode", {"texts": ["  "]}, "texts.0: String should have at least 1 character"),
        ("encode", {"texts": ["a" * (CHARACTERS + 1)]}, "texts.0: String should have at most"),
        ("encode", {"texts": [A, "ab " * 150]}, "sentence 2 ('ab ab"),
        ("encode", {"texts": [A], "text": A}, "text: unknown field"),
        ("encode", {}, "texts: Field required"),
        ("encode", [A], "request: Input should be an object"),
        ("decode", {"vectors": [[0.0]]}, "vectors: give rows of"),
        ("interpolate", {"texts": [A]}, "texts: List should have at least 2 items"),
        ("interpolate", {"texts": [A, B], "steps": "9"}, "steps: Input should be a valid integer"),
        ("interpolate", {"texts": [A, B], "steps": 10**9}, "steps: Input should be less than"),
        ("interpolate", {"texts": [A, B], "path": "home"}, "path: Input should be 'linear'"),
        ("grid", {"texts": [A, B, C]}, "texts: List should have at least 4 items"),
        ("sample", {"temperature": -1}, "temperature: Input should be greater than"),
        ("sample", {"label": "liked"}, "no component a label"),
        ("edit", {"text": A, "attributes": {"age": 1}}, "attributes.age: no such attribute"),
        ("rewrite", {"text": A, "goals": {}}, "goals: Dictionary should have at least 1 item"),
        ("rewrite", {"text": A, "goals": {"age": "old"}}, "goals.age: no such attribute"),
        ("rewrite", {"text": A, "goals": {"opinion": "old"}}, "'old'"),
        ("edit", {"text": A, "axes": {"99": 1}}, "axes.99: there are the axes 1 to 8"),
        ("edit", {"text": A, "axes": {"0": 1}}, "axes.0"),
    ],
)
def test_what_is_not_as_declared_is_refused_in_one_line(client, path, body, complaint):
    response = client.post(f"/api/{path}", json=body)
    assert response.status_code == 400
    assert set(response.json()) == {"error"}
    assert complaint in response.json()["error"] and "\n" not in response.json()["error"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_numbers_are_finite(client, number):
    body = f'{{"text": "{A}", "attributes": {{"opinion": {number}}}}}'
    response = client.post("/api/edit", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400 and "attributes.opinion" in response.json()["error"]


def test_bodies_are_small_and_json(client):
    large = client.post("/api/encode", json={"texts": ["a" * BODY_BYTES]})
    assert (large.status_code, list(large.json())) == (413, ["error"])
    form = client.post("/api/encode", content=b"{}", headers={"content-type": "text/plain"})
    assert form.status_code == 415
    broken = client.post("/api/encode", content=b"{", headers={"content-type": "application/json"})
    assert broken.status_code == 400 and "Invalid JSON" in broken.json()["error"]


def test_other_ways_are_no_ways(client):
    assert client.get("/api/encode").status_code == 405
    assert client.post("/api/nothing", json={}).json() == {"error": "Not Found"}
    assert client.get("/static/../server.py").status_code == 404


def test_every_route_was_tried():
    tried = {"model", "encode", "decode", "interpolate", "grid", "sample", "edit", "map", "rewrite"}
    assert {route.path for route in ROUTES} == {f"/api/{name}" for name in tried}
