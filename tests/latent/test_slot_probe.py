import torch

from swae_text.latent.logistic import linear_reader
from swae_text.latent.slot_probe import fit_slot_probe


def test_it_reads_what_no_line_can():
    torch.manual_seed(0)
    z = 3 + 2 * torch.randn(3000, 8)
    labels = (z[:, 0] - 3) * (z[:, 4] - 3) > 0  # one number of each of two slots: exclusive or
    weight, bias = linear_reader(z, labels.long())
    assert ((z @ weight.T + bias).argmax(1) == labels).float().mean() < 0.6
    seven = torch.Generator().manual_seed(7)
    probe = fit_slot_probe(z, labels, 2, generator=seven, steps=300)
    assert ((probe(z) > 0) == labels).float().mean() > 0.85


def test_one_generator_gives_one_probe():
    z = torch.randn(300, 4)
    one, two = (
        fit_slot_probe(z, z[:, 0] > 0, 2, generator=torch.Generator().manual_seed(7), steps=5)
        for _ in range(2)
    )
    assert torch.equal(one(z), two(z))


def test_the_callers_random_state_and_gradient_mode_are_left_alone():
    z = torch.randn(300, 4)
    state = torch.get_rng_state()
    with torch.inference_mode():
        probe = fit_slot_probe(z, z[:, 0] > 0, 2, generator=torch.Generator().manual_seed(0))
    assert torch.equal(torch.get_rng_state(), state)
    here = z.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(probe(here).sum(), here)
    assert gradient.abs().sum() > 0 and all(not p.requires_grad for p in probe.parameters())


def test_one_slot_reads_a_vector_whole():
    torch.manual_seed(0)
    z = torch.randn(2000, 4)
    probe = fit_slot_probe(z, z[:, 0] + z[:, 3] > 0, 1, generator=torch.Generator().manual_seed(0))
    assert ((probe(z) > 0) == (z[:, 0] + z[:, 3] > 0)).float().mean() > 0.8
