"""The space itself: does it fill its prior, and what lies between two sentences?"""

from collections.abc import Sequence
from typing import Any

import torch

from swae_text.evaluation.judges import Judges
from swae_text.evaluation.settings import EvaluationConfig
from swae_text.latent.interpolation import interpolate
from swae_text.metrics.latent import latent_report
from swae_text.metrics.paths import path_perplexity, path_smoothness
from swae_text.metrics.probe import linear_probe
from swae_text.metrics.two_sample import two_sample_accuracy
from swae_text.space import SentenceSpace

_PROBED = 20_000  # training sentences that the probe is fitted to


@torch.inference_mode()
def latent_rows(
    space: SentenceSpace, texts: Sequence[str], config: EvaluationConfig
) -> dict[str, Any]:
    """Aggregate posterior against prior, and real codes against generated ones."""
    random = torch.Generator(space.device).manual_seed(config.seed)
    z = space.encode(texts)
    prior = space.sample_vectors(2 * len(texts), generator=random)  # two halves give the floor
    report = latent_report(z, prior, generator=random).to_dict()
    made = space.to_codes(prior[: len(texts)], None)
    real = space.encode(texts, space="code")
    told = two_sample_accuracy(real, made, generator=random).to_dict()
    return {"space": space.default_space, "posterior": report, "two_sample": told}


@torch.inference_mode()
def probe_row(
    space: SentenceSpace, judges: Judges, split: str, config: EvaluationConfig
) -> dict[str, Any] | None:
    """How well a line reads the corpus's labels from latents; None without two labels."""
    names = judges.corpus.labels
    if len(names) < 2:
        return None
    texts, labels = judges.labelled_sample(_PROBED, config.seed)
    held_texts, held_labels = (part[: config.sentences] for part in judges.labelled(split))

    def numbers(labels: Sequence[str]) -> torch.Tensor:
        return torch.tensor([names.index(label) for label in labels], device=space.device)

    return linear_probe(
        space.encode(texts),
        numbers(labels),
        space.encode(held_texts),
        numbers(held_labels),
    ).to_dict()


def path_rows(
    space: SentenceSpace, texts: Sequence[str], judges: Judges | None, config: EvaluationConfig
) -> dict[str, Any]:
    """Linear paths between pairs of held-out sentences: how straight, and how fluent half-way."""
    count = min(config.paths, len(texts) // 2)
    z = space.encode(texts[: 2 * count])
    points = [
        interpolate(a, b, config.path_steps, "linear")
        for a, b in zip(z[:count], z[count:], strict=True)
    ]
    said = space.decode(torch.cat(points))
    paths = [said[i : i + config.path_steps] for i in range(0, len(said), config.path_steps)]
    result: dict[str, Any] = {"smoothness": path_smoothness(paths).to_dict(), "examples": paths[:5]}
    if judges is not None:
        nats = judges.ngrams.log_probs(said).reshape(count, -1)
        words = [[len(step.split()) + 1 for step in path] for path in paths]
        result["perplexity"] = path_perplexity(nats, words).to_dict()
    return result
