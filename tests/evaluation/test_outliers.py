"""Three readings of how well a space holds a sentence, each against its own definition."""

from pathlib import Path

import pytest
import torch

from swae_text.errors import CorpusError
from swae_text.evaluation.outliers import holds
from swae_text.metrics.reconstruction import reconstruction
from swae_text.space import SentenceSpace

TEXTS = ["the cook was kind and quick today .", "zebras yodel über 千 moons", "again ."]


@pytest.fixture(scope="module")
def space(tiny_run: Path) -> SentenceSpace:
    return SentenceSpace.from_pretrained(tiny_run / "model")


@pytest.mark.parametrize("within", ["latent", "code"])
def test_readings_are_those_of_the_parts(space, within):
    found = holds(space, TEXTS, within=within)
    assert [one.text for one in found] == space.reconstruct(TEXTS, space=within)
    z = space.encode(TEXTS, space=within)
    for row, (text, one) in enumerate(zip(TEXTS, found, strict=True)):
        tokens = torch.tensor(space.tokenise(text)[0][None]).long()
        with torch.inference_mode():
            codes = space.to_codes(z[row : row + 1], within)
            nats = space.autoencoder.cross_entropy(codes, tokens).item()
        assert one.nats == pytest.approx(nats, rel=1e-3)
        assert one.edits == pytest.approx(reconstruction([text], [one.text]).edit_distance)
    assert [one.typicality for one in found] == pytest.approx(
        space.typicality(z, space=within).tolist(), abs=1e-3
    )


def test_what_the_model_has_not_seen_is_dearer(space):
    seen, strange, _ = holds(space, TEXTS)
    assert strange.nats > seen.nats


def test_without_a_prior_there_is_no_typicality(space):
    alone = SentenceSpace(space.config, space.tokenizer, space.autoencoder)
    assert [one.typicality for one in holds(alone, TEXTS)] == [None] * 3


def test_none_gives_none_and_too_long_is_refused(space):
    assert holds(space, []) == []
    with pytest.raises(CorpusError, match="sentence 1"):
        holds(space, ["word " * 500])
