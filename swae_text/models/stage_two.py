"""Which stage two the settings name."""

from swae_text.config import FlowConfig, StageTwoConfig
from swae_text.models.code_model import CodeModel
from swae_text.models.flow import FlowMatching
from swae_text.models.stacked_wae import StackedWAE


def build_stage_two(config: StageTwoConfig, code_dim: int, labels: int = 0) -> CodeModel:
    """Build the map between codes and latents, for a corpus with ``labels`` labels (0: none)."""
    if isinstance(config, FlowConfig):
        return FlowMatching(config, code_dim, labels)
    return StackedWAE(config, code_dim, labels)
