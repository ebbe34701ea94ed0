"""Holes: the four clouds, and the distance of samples from codes where it is known."""

import math

import pytest
import torch

from swae_text.evaluation.holes import _noisy, hole_rows


def test_rows_are_the_same_decoder_on_four_clouds(space, judges, small):
    texts = judges.corpus.test.texts()
    holes = hole_rows(space, texts, judges, small)
    rows = {row["name"]: row for row in holes["rows"]}
    assert set(rows) == {"real codes", "real codes + noise", "prior", "prior, twice"}
    assert {row["n"] for row in rows.values()} <= {len(texts), holes["n"]}
    assert all(math.isfinite(row["reverse"]["value"]) for row in rows.values())


def test_no_reverse_model_has_read_what_it_is_asked_for(space, judges, small, monkeypatch):
    held_out, seen = judges.corpus.test.texts(), []
    encode = space.encode
    monkeypatch.setattr(
        space, "encode", lambda texts, space: seen.extend(texts) or encode(texts, space=space)
    )
    hole_rows(space, held_out, judges, small)
    real = seen[: len(held_out)]
    assert set(real) <= set(judges.train_texts) and not set(real) & set(held_out)


def test_the_distance_is_that_of_noise(space, judges, small, monkeypatch):
    """Where samples are codes with noise of 0.7 that decode as before, the distance is 0.7."""
    texts = judges.corpus.test.texts()
    codes = space.encode(texts, space="code")
    random = torch.Generator().manual_seed(1)
    noisy = _noisy(codes, 0.7, random)
    monkeypatch.setattr(space, "sample_vectors", lambda n, generator: noisy)
    monkeypatch.setattr(space, "to_codes", lambda z, where: z)
    monkeypatch.setattr(space, "decode", lambda z, space: texts[: len(z)])
    assert hole_rows(space, texts, judges, small)["distance"] == pytest.approx(0.7, abs=0.05)


def test_noise_is_measured_in_root_mean_squares():
    codes = 3.0 * torch.ones(2000, 16)
    noise = _noisy(codes, 0.5, torch.Generator().manual_seed(0)) - codes
    assert noise.std().item() == pytest.approx(1.5, rel=0.02)
    cosine = torch.cosine_similarity(codes, codes + noise).mean().item()
    assert cosine == pytest.approx(1 / math.sqrt(1 + 0.5**2), abs=0.02)
