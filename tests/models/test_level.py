import torch
from pytest import mark

from swae_text.config import LevelConfig
from swae_text.models.level import Level


def correlated(n: int = 500, dim: int = 6) -> torch.Tensor:
    torch.manual_seed(0)
    h = torch.randn(n, dim) @ torch.randn(dim, dim)
    return h - h.mean(0)


@mark.parametrize("posterior", [False, True])
@mark.parametrize("blocks", [0, 2])
def test_whitening_gives_unit_covariance_and_its_inverse(blocks: int, posterior: bool):
    config = LevelConfig(latent_dim=6, hidden=8, blocks=blocks)
    level, h = Level(config, 6, posterior=posterior), correlated()
    z = level.whiten(h)
    torch.testing.assert_close(z.T @ z / 499, torch.eye(6), atol=1e-3, rtol=0)
    torch.testing.assert_close(level.encoder(h)[:, :6], z, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(level.decoder(z), h, atol=1e-4, rtol=1e-4)


def test_a_narrow_level_starts_at_the_best_error_of_its_rank():
    level, h = Level(LevelConfig(latent_dim=2, hidden=8), 6, posterior=False), correlated()
    error = (level.decoder(level.whiten(h)) - h).square().sum()
    left_out = torch.linalg.svdvals(h)[2:].square().sum()
    torch.testing.assert_close(error, left_out, rtol=1e-3, atol=0)


def test_a_wide_level_loses_nothing_either_and_flat_directions_are_not_blown_up():
    h = correlated()
    h[:, 0] = h[:, 1]  # rank 5
    level = Level(LevelConfig(latent_dim=9, hidden=8), 6, posterior=False)
    z = level.whiten(h)
    torch.testing.assert_close(level.decoder(z), h, atol=1e-3, rtol=1e-3)
    assert z.std(0).max() < 1.1


def test_codes_that_are_all_the_same_are_whitened_to_nothing():
    level = Level(LevelConfig(latent_dim=6, hidden=8), 6, posterior=False)
    assert not level.whiten(torch.zeros(50, 6)).any()
