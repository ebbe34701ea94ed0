import pytest

from swae_text.config import AdversarialConfig, KLConfig, MMDConfig, NoneConfig, SlicedConfig
from swae_text.models.divergences import MMD, Adversarial, SlicedWasserstein, build_divergence


def test_every_kind_of_the_settings_is_built():
    assert isinstance(build_divergence(SlicedConfig(), 4), SlicedWasserstein)
    assert isinstance(build_divergence(AdversarialConfig(), 4), Adversarial)
    assert build_divergence(NoneConfig(), 4) is None
    assert build_divergence(KLConfig(), 4) is None


def test_kernel_widths_are_in_units_of_the_priors_spread():
    mmd = build_divergence(MMDConfig(), 4)
    assert isinstance(mmd, MMD)
    assert mmd.widths == pytest.approx([0.8, 1.6, 4.0, 8.0, 16.0, 40.0, 80.0])
    wide = build_divergence(MMDConfig(), 4, spread=10.0)
    assert isinstance(wide, MMD) and wide.widths[3] == 10.0
