"""What each metric of the evaluation costs, a thousand sentences or vectors."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch

from benchmarks.measuring import Row, Settings, in_turns, median
from benchmarks.runs import prepared, run_config
from swae_text.metrics.diversity import diversity, nearest_neighbours
from swae_text.metrics.latent import latent_report
from swae_text.metrics.ngram import NGramModel, vocabulary
from swae_text.metrics.paths import path_smoothness
from swae_text.metrics.reconstruction import reconstruction
from swae_text.metrics.two_sample import two_sample_accuracy


def rows(settings: Settings) -> Iterator[Row]:
    """Milliseconds of each metric for a thousand sentences."""
    n = settings.at(2000, 50)
    corpus = prepared(run_config(settings, "transformer"))
    train = corpus.train.texts(np.arange(min(len(corpus.train), 10 * n)))
    texts = corpus.valid.texts(np.arange(min(len(corpus.valid), n)))
    changed = [text.replace(" .", " , .") for text in texts]
    z, other = torch.randn(len(texts), 128), torch.randn(2 * len(texts), 128)
    model = NGramModel.train(train, 5, vocabulary(train, 2))
    drawn = torch.Generator().manual_seed(0)
    runs: dict[str, Callable[[], object]] = {
        "reconstruction": partial(reconstruction, texts, changed),
        "5-gram model: training": partial(NGramModel.train, texts, 5, vocabulary(train, 2)),
        "5-gram model: perplexity": partial(model.perplexity, texts),
        "diversity": partial(diversity, texts, train),
        "nearest neighbours": partial(nearest_neighbours, texts[: n // 10], train),
        "paths": partial(path_smoothness, [texts[i : i + 5] for i in range(0, len(texts), 5)]),
        "latent report": partial(latent_report, z, other, generator=drawn),
        "two-sample test": partial(two_sample_accuracy, z, other, generator=drawn),
    }
    for name, taken in median(in_turns(runs, settings.at(3, 1))).items():
        judged = n // 10 if name == "nearest neighbours" else len(texts)
        yield Row(name, 1e6 * taken / judged, "ms / 1000 sentences")
