"""Attribute files: what was written comes back, and what is damaged is refused in one line."""

import json

import pytest
import safetensors.torch
import torch

from swae_text.errors import ModelFolderError
from swae_text.latent.attributes import AttributeVector, fit_attribute
from swae_text.latent.values import ValueVector, fit_value
from swae_text.vectors import FORMAT, load_fitting, load_vector, save_vector


@pytest.fixture
def z() -> torch.Tensor:
    return torch.randn(60, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("slots", [None, 2])
def test_an_attribute_with_labels_comes_back(z, tmp_path, slots):
    path = tmp_path / "a.safetensors"
    tokens = [[n % 7, 7] for n in range(60)]
    read = {"slots": slots, "tokens": tokens, "vocab_size": 8} if slots else {}
    made = fit_attribute(z, z[:, 0] > 0, positive="good", negative="bad", **read)
    save_vector(made, path, space="code")
    found, space = load_vector(path)
    assert isinstance(found, AttributeVector) and space == "code"
    assert (found.positive, found.n_positive, found.accuracy) == (
        "good",
        made.n_positive,
        made.accuracy,
    )
    assert len(found.probes) == len(made.probes) == (2 if slots else 0)
    assert found.probe_accuracy == made.probe_accuracy
    assert torch.equal(found.direction, made.direction)
    goal, wanted = found.goal("bad"), made.goal("bad")
    assert torch.allclose(goal.of_vector(z), wanted.of_vector(z), atol=0.01)  # half precision
    assert (goal.of_pieces is None) == (slots is None)
    assert found.reader_accuracy == made.reader_accuracy
    if slots:
        assert torch.equal(goal.of_pieces(tokens), wanted.of_pieces(tokens))


def test_a_number_comes_back(z, tmp_path):
    path = tmp_path / "n.safetensors"
    made = fit_value(z, z[:, 1] * 3, method="ridge", name="stars")
    save_vector(made, path, space="latent")
    found, space = load_vector(path)
    assert isinstance(found, ValueVector) and (found.name, space) == ("stars", "latent")
    assert torch.equal(found.read(z), made.read(z)) and found.r2 == made.r2


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "swae-text attribute 2"},
        {"kind": "label", "evidence": "[]"},
        {"evidence": "{"},
        {"evidence": "{}"},
        {"slots": "0"},
        {"slots": "two"},
        {"slots": "4"},
        {"slots": None},
        {"probes": "0"},
        {"probes": "1"},
        {"probes": "1000000000"},
        {"pieces": "8"},
        {"pieces": "-1"},
        {"pieces": "1000000000"},
        {"space": None},
    ],
)
def test_damage_is_refused_in_one_line(z, tmp_path, changes):
    path = tmp_path / "a.safetensors"
    save_vector(fit_attribute(z, z[:, 0] > 0, slots=2), path, space="code")
    with safetensors.safe_open(path, framework="pt") as file:
        metadata, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    assert metadata["format"] == FORMAT and json.loads(metadata["evidence"])
    metadata = {k: v for k, v in (metadata | changes).items() if v is not None}
    path.write_bytes(safetensors.torch.save(tensors, metadata))
    with pytest.raises(ModelFolderError, match=r"not an attribute|do not fit") as refused:
        load_vector(path)
    assert "\n" not in str(refused.value).split(" (")[0]


def test_a_vector_of_a_model_of_other_sizes_is_refused(z, tmp_path):
    path = tmp_path / "a.safetensors"
    read = {"tokens": [[n % 7] for n in range(60)], "vocab_size": 8}
    save_vector(fit_attribute(z, z[:, 0] > 0, **read), path, space="code")
    assert load_fitting(path, {"code": 4, "latent": 9}.get, 8)[1] == "code"
    with pytest.raises(ModelFolderError, match=r"has 4 numbers and space 'code' .* has 9"):
        load_fitting(path, {"code": 9, "latent": 4}.get, 8)
    with pytest.raises(ModelFolderError, match=r"reads 8 pieces and .* has 9: fit it again"):
        load_fitting(path, {"code": 4, "latent": 4}.get, 9)
