"""Rounds of noise and denoising: from a sentence towards those that the model knows.

    c = E(x),   x' ~ p(· | c + s ε)          again and again

The code of a sample is none that a sentence has, and what is decoded from it may read badly.
Encoded it is the code of a sentence again, and under noise one that the decoder has learned to
denoise. In the long run the sentences of such a chain are the model's own, wherever it starts
(Bengio et al., 2013, "Generalized denoising auto-encoders as generative models", for temperature 1;
on codes, Creswell et al., 2016, "Improving sampling from generative autoencoders with Markov
chains"). Colder chains go to what is common.
"""

from collections.abc import Callable, Sequence


def walk(
    texts: Sequence[str], rounds: int, again: Callable[[list[str]], list[str | None]]
) -> list[str]:
    """The sentences after so many rounds.

    Args:
        texts: where each chain starts.
        rounds: of noise and denoising; 0 changes nothing.
        again: encodes sentences, puts noise on their codes and decodes these; None for what is too
            long to be encoded, which stays as it is, as what is blank does.
    """
    now = list(texts)
    for _ in range(rounds):
        rows = [row for row, text in enumerate(now) if text.strip()]
        for row, text in zip(rows, again([now[row] for row in rows]), strict=True):
            now[row] = now[row] if text is None else text
    return now
