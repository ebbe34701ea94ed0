import pytest
import torch

from swae_text.errors import ConfigError, CorpusError
from swae_text.latent.attributes import METHODS, apply, fit_attribute, orthogonal

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


def two_groups(n: int = 2000) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Two Gaussians of one covariance, and the direction that tells them apart best (Fisher)."""
    torch.manual_seed(0)
    mix = torch.randn(4, 4) + 2 * torch.eye(4)
    labels, shift = torch.arange(n) % 2 == 0, torch.tensor([0.5, 0.0, -0.5, 0.0])
    z = torch.randn(n, 4) @ mix.T + labels[:, None] * shift
    return z, labels, torch.linalg.solve(mix @ mix.T, shift)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_moves_the_reading_from_one_mean_to_the_other(method):
    z, labels, fisher = two_groups()
    vector = fit_attribute(z, labels, method=method)
    gap = vector.weight @ (z[labels].mean(0) - z[~labels].mean(0))
    torch.testing.assert_close(vector.weight @ vector.direction, gap, rtol=1e-3, atol=1e-4)
    assert vector.cosines[method] == pytest.approx(1)
    if method != "mean":  # the whitened difference is Fisher's, and the probe's optimum is near it
        assert torch.cosine_similarity(vector.direction, fisher, dim=0) > 0.95
    assert 0.5 < vector.accuracy < 0.9


@pytest.mark.parametrize("label", ["positive", "negative"])
def test_the_strength_to_a_target_is_the_least_that_convinces_the_probe(label):
    z, labels, _ = two_groups()
    vector = fit_attribute(z, labels)

    def sure(z: torch.Tensor) -> torch.Tensor:
        read = vector.read(z)
        return read if label == "positive" else 1 - read

    strength = vector.strength_to(z, label, confidence=0.8)
    convinced = sure(z) >= 0.8
    assert convinced.any() and torch.equal(strength == 0, convinced)
    moved = sure(apply(z, vector, strength))
    torch.testing.assert_close(moved[~convinced], torch.full_like(moved[~convinced], 0.8))
    short = vector.strength_to(z, label, confidence=0.8, leash=0.1)
    far = (apply(z, vector, strength) - z).norm(dim=1)
    near = (apply(z, vector, short) - z).norm(dim=1)
    torch.testing.assert_close(near, torch.minimum(far, 0.1 * z.norm(dim=1)))


def test_unknown_labels_and_impossible_confidences_are_refused():
    z, labels, _ = two_groups(40)
    vector = fit_attribute(z, labels)
    with pytest.raises(ConfigError, match="'angry'"):
        vector.strength_to(z, "angry")
    with pytest.raises(ConfigError, match="confidence=1"):
        vector.strength_to(z, "positive", confidence=1.0)


def test_orthogonal_directions_leave_each_other_alone():
    torch.manual_seed(0)
    directions = list(torch.randn(3, 6))
    kept = orthogonal(directions)
    for place, rest in enumerate(kept):
        for other in (*directions[:place], *directions[place + 1 :]):
            assert abs(float(rest @ other)) < 1e-4
        assert float(rest @ directions[place]) == pytest.approx(float(rest @ rest), rel=1e-4)
    with pytest.raises(ConfigError, match="attribute 1 points where the others do"):
        orthogonal([directions[0], 2 * directions[0]])


def test_the_better_probe_reads_where_there_are_two():
    z, _, _ = two_groups(1000)
    labels = z[:, 0] > 0
    line, slots = fit_attribute(z, labels), fit_attribute(z, labels, slots=2)
    assert len(slots.probes) == 2 and slots.probe_accuracy > 0.8
    assert torch.equal(line.direction, slots.direction)
    each = torch.stack([probe(z) for probe in slots.probes])
    torch.testing.assert_close(slots.read(z), each.mean(0).sigmoid())
    torch.testing.assert_close(line.read(z), (z @ line.weight + line.bias).sigmoid())
    torch.testing.assert_close(
        line.goal("negative").of_vector(z), -line.goal("positive").of_vector(z)
    )
    for label, sign in (("positive", 1), ("negative", -1)):
        all_of_them = (sign * each).sigmoid().prod(0)
        torch.testing.assert_close(
            slots.goal(label).of_vector(z).sigmoid(), all_of_them, atol=2e-6, rtol=1e-4
        )


def test_a_goal_of_several_probes_climbs_on_those_not_yet_convinced():
    z, _, _ = two_groups(400)
    vector = fit_attribute(z, z[:, 0] > 0, slots=2)
    here, goal = z[:5].clone().requires_grad_(True), vector.goal("positive")
    (climb,) = torch.autograd.grad(goal.of_vector(here).sigmoid().log().sum(), here)
    nats = sum(probe(here).sigmoid().log().sum() for probe in vector.probes)
    torch.testing.assert_close(climb, torch.autograd.grad(nats, here)[0], atol=1e-4, rtol=1e-3)
    assert goal.of_vector(100 * z).isfinite().all()


def test_a_reader_of_the_pieces_stands_beside_the_probes_where_it_is_asked_for():
    z, _, _ = two_groups(1000)
    labels = z[:, 0] > 0
    tokens = [[3, 4 + int(label), 6 + n % 5] for n, label in enumerate(labels.tolist())]
    tokens[3::20] = [[3, 6]] * 50  # one in twenty says nothing of it
    made = fit_attribute(z, labels, slots=2, tokens=tokens, vocab_size=11)
    assert made.reader_accuracy > 0.9 and fit_attribute(z, labels, slots=2).reader is None
    told = made.goal("positive").of_pieces([[5], [4], [9, 9, 9], [9]])
    assert told[0] > 2 and told[1] < -2 and told[2] == told[3]
    assert torch.equal(made.goal("negative").of_pieces([[5], [4]]), -told[:2])
    assert fit_attribute(z, labels).goal("positive").of_pieces is None
