"""Four sentences to begin with, of the kind that the model writes best."""

from swae_text.names import SpaceName
from swae_text.space import SentenceSpace

KINDS = (
    (
        "the food was great .",
        "the service was terrible .",
        "we will definitely be back .",
        "i would not go here again .",
    ),
    (
        "i loved this movie .",
        "the plot makes no sense .",
        "the acting is very good .",
        "this film is a waste of time .",
    ),
    (
        "a man is playing a guitar .",
        "two dogs run in the snow .",
        "a woman is sitting on a bench .",
        "the children are at the beach .",
    ),
)
"""Of reviews of places, reviews of films, and descriptions of pictures."""


def choose(space: SentenceSpace, name: SpaceName) -> list[str]:
    """The kind with the most words that are there again after a round trip."""

    def kept(kind: list[str]) -> int:
        if not all(space.fits(kind)):
            return -1
        back = space.reconstruct(kind, space=name)
        pairs = zip(kind, back, strict=True)
        return sum(len(set(text.split()) & set(said.lower().split())) for text, said in pairs)

    return max(map(list, KINDS), key=kept)
