import pytest
import torch

from swae_text.errors import CorpusError
from swae_text.latent.attributes import apply, fit_attribute

LABELS = torch.tensor([True, False] * 10)


def test_mean_difference_recovers_a_shift():
    z, shift = torch.randn(10, 4).repeat_interleave(2, 0), torch.tensor([1.0, -2.0, 0.0, 0.5])
    vector = fit_attribute(z + LABELS[:, None] * shift, LABELS, positive="good", negative="bad")
    torch.testing.assert_close(vector.direction, shift)
    assert (vector.n_positive, vector.n_negative) == (10, 10)
    assert (vector.positive, vector.negative) == ("good", "bad")


def test_strengths_add_up_and_one_moves_mean_to_mean():
    z = torch.randn(20, 4)
    vector = fit_attribute(z, LABELS)
    assert torch.equal(apply(z, vector, 0.0), z)
    torch.testing.assert_close(apply(apply(z, vector, 1.5), vector, -1.5), z)
    torch.testing.assert_close(apply(z[~LABELS], vector, 1.0).mean(0), z[LABELS].mean(0))


def test_swapping_the_labels_turns_the_vector():
    z = torch.randn(20, 4)
    opposite = fit_attribute(z, ~LABELS).direction
    torch.testing.assert_close(fit_attribute(z, LABELS).direction, -opposite)


def test_missing_groups_and_foreign_spaces_are_refused():
    z = torch.randn(20, 4)
    with pytest.raises(CorpusError, match="label 'bad'"):
        fit_attribute(z, torch.ones(20, dtype=torch.bool), positive="good", negative="bad")
    with pytest.raises(CorpusError, match="4 numbers and these latents have 3"):
        apply(z[:, :3], fit_attribute(z, LABELS), 1.0)
