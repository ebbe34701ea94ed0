"""Which space a vector from outside is of, and what its numbers may be, in lines and in shards."""

from swae_text.errors import CorpusError
from swae_text.names import SpaceName

MOST = 1e9
"""Every number is below: far outside of every space, and its square is still a number."""
NO_NUMBERS = f"'z' is not a list of finite numbers below {MOST:g}"
"""What is wrong with others."""


def agreed(own: object, asked: SpaceName | None) -> SpaceName:
    """The space of one vector: what the user says and what the vector's own row says must agree.

    Raises:
        CorpusError: they do not, or there is no such space.
    """
    if own not in ("latent", "code"):
        raise CorpusError(f"'space' is {own!r}, not 'latent' or 'code'")
    if asked not in (None, own):
        raise CorpusError(f"the vector is of space '{own}', not '{asked}'")
    found: SpaceName = own
    return found


def refuse_size(size: int, dim: int, space: SpaceName) -> None:
    """Pass a vector that has the numbers of its space.

    Raises:
        CorpusError: it has not.
    """
    if size != dim:
        raise CorpusError(f"'z' has {size} numbers; space '{space}' has {dim}")
