import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from swae_text.errors import ConfigError
from swae_text.latent.interpolation import (
    interpolate,
    interpolate_through,
    lerp,
    nlerp,
    slerp,
)

vectors = st.lists(st.floats(-10, 10, width=32), min_size=4, max_size=4).map(
    lambda numbers: torch.tensor(numbers, dtype=torch.float64)
)
ratios = st.floats(0, 1)


@given(vectors, vectors, ratios)
def test_paths_have_their_ends_and_are_symmetric(a, b, t):
    for path in (lerp, slerp, nlerp):
        torch.testing.assert_close(path(a, b, 0.0), a)
        torch.testing.assert_close(path(a, b, 1.0), b)
        if path is nlerp and lerp(a, b, t).norm() < 1e-3:
            continue  # near zero rounding noise has the say on the direction
        torch.testing.assert_close(path(a, b, t), path(b, a, 1 - t), atol=1e-6, rtol=1e-6)


@given(vectors, vectors, ratios)
def test_slerp_keeps_the_length_between_those_of_the_ends(a, b, t):
    cosine = (a @ b) / (a.norm() * b.norm()).clamp_min(1e-12)
    if cosine > -0.999:  # antiparallel vectors take the straight line
        low, high = sorted([a.norm().item(), b.norm().item()])
        assert low - 1e-6 <= slerp(a, b, t).norm().item() <= high + 1e-6


@given(vectors, vectors, ratios)
def test_nlerp_has_the_length_between_and_the_direction_of_the_line(a, b, t):
    straight, found = lerp(a, b, t), nlerp(a, b, t)
    if straight.norm() > 1e-3:
        torch.testing.assert_close(found.norm(), (1 - t) * a.norm() + t * b.norm())
        torch.testing.assert_close(found / found.norm(), straight / straight.norm())


def test_nlerp_and_slerp_meet_half_way_between_vectors_of_one_length():
    a, b = torch.nn.functional.normalize(torch.randn(2, 8), dim=1)
    torch.testing.assert_close(nlerp(a, b, 0.5), slerp(a, b, 0.5))
    assert nlerp(a, b, 0.2) @ a > slerp(a, b, 0.2) @ a
    assert torch.equal(nlerp(a, -a, 0.5), torch.zeros(8))


def test_slerp_turns_evenly():
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    angles = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0]) * math.pi / 2
    expected = 2 * torch.stack([angles.cos(), angles.sin()], 1)
    torch.testing.assert_close(interpolate(a, b, 5, "slerp"), expected)


def test_where_there_is_no_arc_the_path_is_straight():
    a, zero = torch.tensor([3.0, 4.0]), torch.zeros(2)
    for b in (-a, -2 * a, 2 * a, a, zero):
        torch.testing.assert_close(slerp(a, b, 0.3), lerp(a, b, 0.3))
        torch.testing.assert_close(slerp(b, a, 0.3), lerp(b, a, 0.3))


def test_rows_of_a_batch_are_independent():
    a, b, t = torch.randn(6, 3), torch.randn(6, 3), torch.rand(6)
    a[2] = -b[2]
    each = torch.stack([slerp(a[i], b[i], t[i].item()) for i in range(6)])
    torch.testing.assert_close(slerp(a, b, t), each)


def test_slerp_has_a_finite_gradient_where_it_falls_back():
    a = torch.tensor([[1.0, 0.0], [0.0, 0.0]], requires_grad=True)
    slerp(a, torch.tensor([[1.0, 0.0], [1.0, 0.0]]), 0.5).sum().backward()
    assert a.grad is not None and a.grad.isfinite().all()


@pytest.mark.parametrize("path", ["linear", "slerp", "nlerp"])
def test_ends_are_exact_to_the_bit(path):
    a, b = torch.randn(16), torch.randn(16)
    points = interpolate(a, b, 7, path)
    assert points.shape == (7, 16)
    assert torch.equal(points[0], a) and torch.equal(points[-1], b)
    assert torch.equal(interpolate(a, b, 2, path), torch.stack([a, b]))


@pytest.mark.parametrize("path", ["linear", "slerp", "nlerp"])
def test_a_path_through_several_points_is_its_legs_with_each_joint_once(path):
    points = torch.randn(3, 5)
    whole = interpolate_through(points, 4, path)
    legs = [interpolate(points[i], points[i + 1], 4, path) for i in range(2)]
    assert torch.equal(whole, torch.cat([legs[0], legs[1][1:]])) and len(whole) == 7
    with pytest.raises(ConfigError, match="1 points"):
        interpolate_through(points[:1], 4, path)


def test_one_step_is_refused():
    with pytest.raises(ConfigError, match="steps=1"):
        interpolate(torch.zeros(2), torch.ones(2), 1)
