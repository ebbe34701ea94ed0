"""The space itself: does it fill its prior, and what lies between two sentences?"""

from collections.abc import Sequence
from typing import Any

import torch

from swae_text.evaluation.held_out import Encoded
from swae_text.evaluation.judges import Judges
from swae_text.evaluation.settings import EvaluationConfig
from swae_text.latent.interpolation import interpolate
from swae_text.metrics.latent import latent_report
from swae_text.metrics.paths import path_perplexity, path_smoothness
from swae_text.metrics.probe import linear_probe
from swae_text.metrics.two_sample import two_sample_accuracy

_PROBED = 10_000  # training sentences that the probe is fitted to


@torch.inference_mode()
def latent_rows(encoded: Encoded, config: EvaluationConfig) -> dict[str, Any]:
    """Aggregate posterior against prior, and real codes against generated ones."""
    space, n = encoded.space, len(encoded.texts)
    random = torch.Generator(space.device).manual_seed(config.seed)
    prior = space.sample_vectors(2 * n, generator=random)  # two halves give the floor
    report = latent_report(encoded.z, prior, generator=random).to_dict()
    made = space.to_codes(prior[:n], None)
    told = two_sample_accuracy(encoded.codes, made, generator=random).to_dict()
    return {"space": space.default_space, "posterior": report, "two_sample": told}


@torch.inference_mode()
def probe_row(
    encoded: Encoded, labels: Sequence[str | None], judges: Judges, config: EvaluationConfig
) -> dict[str, Any] | None:
    """How well a line reads the corpus's labels from latents.

    None where the corpus has no two labels, or none of the held-out sentences has one of them.
    """
    space, names = encoded.space, judges.corpus.labels
    rows = [row for row, label in enumerate(labels[: len(encoded.texts)]) if label in names]
    if len(names) < 2 or not rows:
        return None
    texts, known = judges.labelled_sample(_PROBED, config.seed)

    def numbers(labels: Sequence[str | None]) -> torch.Tensor:
        return torch.tensor([names.index(label) for label in labels], device=space.device)

    held_out = numbers([labels[row] for row in rows])
    return linear_probe(space.encode(texts), numbers(known), encoded.z[rows], held_out).to_dict()


def path_rows(encoded: Encoded, judges: Judges | None, config: EvaluationConfig) -> dict[str, Any]:
    """Linear paths between pairs of held-out sentences: how straight, and how fluent half-way."""
    space, z = encoded.space, encoded.z
    count = min(config.paths, len(encoded.texts) // 2)
    points = [
        interpolate(a, b, config.path_steps, "linear")
        for a, b in zip(z[:count], z[count : 2 * count], strict=True)
    ]
    said = space.decode_paths(points, config.path_steps)
    paths = [said[i : i + config.path_steps] for i in range(0, len(said), config.path_steps)]
    result: dict[str, Any] = {"smoothness": path_smoothness(paths).to_dict(), "examples": paths[:5]}
    if judges is not None:
        nats = judges.ngrams.log_probs(said).reshape(count, -1)
        words = [[len(step.split()) + 1 for step in path] for path in paths]
        result["perplexity"] = path_perplexity(nats, words).to_dict()
    return result
