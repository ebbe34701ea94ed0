import pytest
import torch

from swae_text.errors import ConfigError, CorpusError
from swae_text.latent.arithmetic import (
    Direction,
    Mean,
    analogy,
    axis,
    components,
    measured,
    traverse,
)


def test_an_analogy_of_equals_is_the_third_and_goes_back():
    a, b, c = torch.randn(3, 4, 8)
    assert torch.equal(analogy(a, a, c), c)
    torch.testing.assert_close(analogy(b, a, analogy(a, b, c)), c)


@pytest.mark.parametrize("sizes", [[7], [1, 6], [3, 3, 1]])
def test_a_mean_does_not_depend_on_its_parts(sizes):
    z = torch.randn(7, 5)
    first, *rest = map(Mean.of, z.split(sizes))
    mean = sum(rest, start=first)
    assert mean.n == 7
    torch.testing.assert_close(mean.vector(), z.mean(0))
    long = mean.vector(keep_length=True)
    torch.testing.assert_close(long.norm(), z.norm(dim=1).mean())
    torch.testing.assert_close(torch.cosine_similarity(long, z.mean(0), dim=0), torch.tensor(1.0))


def test_a_mean_of_one_is_that_one_and_of_nothing_is_refused():
    z = torch.randn(1, 5)
    for keep_length in (False, True):
        torch.testing.assert_close(Mean.of(z).vector(keep_length=keep_length), z[0])
    assert torch.equal(Mean.of(torch.zeros(2, 3)).vector(keep_length=True), torch.zeros(3))
    with pytest.raises(CorpusError, match="at least one"):
        Mean.of(z[:0])


def test_components_find_the_axes_that_data_were_stretched_along():
    rotation = torch.linalg.qr(torch.randn(4, 4)).Q
    z = torch.randn(5000, 4) * torch.tensor([4.0, 3.0, 2.0, 1.0]) @ rotation + 7
    rows, shares = components(z)
    torch.testing.assert_close(rows @ rows.T, torch.eye(4), atol=1e-5, rtol=0)
    assert ((rows * rotation).sum(1).abs() > 0.98).all()
    torch.testing.assert_close(shares, torch.tensor([16.0, 9, 4, 1]) / 30, atol=0.03, rtol=0)
    torch.testing.assert_close(shares, ((z - z.mean(0)) @ rows.T).var(0) / z.var(0).sum())


def test_the_sign_of_a_component_does_not_depend_on_the_data():
    z = torch.randn(50, 6)
    rows, _ = components(z)
    for same in (-z, z.flip(0), z + 3):
        torch.testing.assert_close(components(same)[0], rows, atol=1e-4, rtol=0)
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    assert (largest > 0).all()


def test_no_components_where_nothing_varies():
    for z in (torch.randn(1, 3), torch.ones(4, 3), torch.empty(0, 3)):
        with pytest.raises(CorpusError, match="two that differ"):
            components(z)
    assert components(torch.randn(9, 1))[0].tolist() == [[1.0]]


def test_a_traversal_sets_one_coordinate_and_leaves_the_rest():
    data, z = torch.randn(200, 6) * 3 + 1, torch.randn(6)
    line = measured(Direction(components(data)[0][1]), data)
    positions = torch.tensor([-2.0, 0.0, 0.5])
    walk = traverse(z, line, positions)
    torch.testing.assert_close(line.position(walk), positions)
    across = torch.eye(6) - torch.outer(line.vector, line.vector)
    torch.testing.assert_close(walk @ across, (z @ across).expand(3, -1), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(traverse(z, line, line.position(z[None]))[0], z)
    torch.testing.assert_close(line.position(data).mean(), torch.tensor(0.0), atol=1e-5, rtol=0)
    torch.testing.assert_close(line.position(data).std(correction=0), torch.tensor(1.0))


def test_an_axis_is_in_the_units_of_the_space():
    walk = traverse(torch.tensor([1.0, 2.0, 3.0]), axis(3, 1), torch.tensor([-1.0, 5.0]))
    assert walk.tolist() == [[1, -1, 3], [1, 5, 3]]
    for number in (-1, 3):
        with pytest.raises(ConfigError, match="axes 0 to 2"):
            axis(3, number)
    for data in (torch.ones(1, 3), torch.ones(5, 3)):
        with pytest.raises(CorpusError, match="give"):
            measured(axis(3, 1), data)
