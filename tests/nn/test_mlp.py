import torch
from pytest import mark

from swae_text.nn.mlp import ResidualMLP


@mark.parametrize(("dim_in", "dim_out"), [(4, 4), (3, 7), (7, 3)])
@mark.parametrize("blocks", [0, 2])
def test_set_linear_is_the_whole_map_before_training(dim_in: int, dim_out: int, blocks: int):
    mlp = ResidualMLP(dim_in, dim_out, hidden=16, blocks=blocks)
    weight, bias, x = torch.randn(dim_out, dim_in), torch.randn(dim_out), torch.randn(5, dim_in)
    mlp.set_linear(weight, bias)
    torch.testing.assert_close(mlp(x), x @ weight.T + bias)


@mark.parametrize(("dim_in", "dim_out"), [(4, 4), (3, 7)])
def test_starts_without_changing_lengths(dim_in: int, dim_out: int):
    x = torch.randn(5, dim_in)
    y = ResidualMLP(dim_in, dim_out, hidden=16, blocks=1)(x)
    torch.testing.assert_close(y.norm(dim=1), x.norm(dim=1))


def test_every_parameter_learns_after_one_step():
    torch.manual_seed(0)
    mlp = ResidualMLP(3, 5, hidden=8, blocks=2)
    optimiser = torch.optim.SGD(mlp.parameters(), lr=0.1)
    for _ in range(2):  # the first step only moves D off zero
        optimiser.zero_grad()
        (mlp(torch.randn(16, 3)) - 1).square().mean().backward()
        optimiser.step()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in mlp.parameters())


def test_no_blocks_is_linear_and_leading_axes_are_free():
    mlp = ResidualMLP(3, 2, hidden=8, blocks=0)
    a, b = torch.randn(2, 4, 3), torch.randn(2, 4, 3)
    torch.testing.assert_close(mlp(a + b), mlp(a) + mlp(b))
    assert sum(p.numel() for p in mlp.parameters()) == 3 * 2 + 2
