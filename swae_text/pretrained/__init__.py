"""What a MODEL stands for: a folder, a model that comes with the package, or one of the hub's.

    NAME/                 a model folder (``folder.py``) in half precision
    NAME/attributes/      attribute vectors that were fitted in it (``vectors.py``), by name as well

``NAME/README.md`` says what each was trained on, and every figure with its command.
"""

from pathlib import Path

from swae_text.errors import ModelFolderError
from swae_text.hub import fetch, hub_name

DEFAULT = "yelp-small"
"""What speaks where a verb can do without a MODEL."""

_HERE = Path(__file__).parent


def shipped() -> list[str]:
    """Names of the models that come with this version."""
    return sorted(found.parent.name for found in _HERE.glob("*/checksums.json"))


def find_model(path: str | Path, revision: str | None = None) -> Path:
    """The folder that a path, a shipped model's name or ``owner/name`` on the hub stands for.

    A path comes first. A model of the hub is downloaded where it is not in the cache.

    Args:
        path: any of these; ``owner/name@REVISION`` as well.
        revision: branch, tag or commit of the hub.

    Raises:
        ModelFolderError: a revision of what is not on the hub, or the hub has no such model.
    """
    if (found := hub_name(path)) is not None:
        return fetch(found[0], revision or found[1])
    if revision is not None:
        raise ModelFolderError(f"{path}: only models on the hub (owner/name) have revisions")
    path = Path(path)
    named = len(path.parts) == 1 and path.name in shipped()
    return _HERE / path.name if named and not path.exists() else path


def own_attributes(model: str | Path) -> list[Path]:
    """Attribute files that lie in a model's folder."""
    return sorted((find_model(model) / "attributes").glob("*.safetensors"))


def find_attribute(path: str | Path, model: str | Path) -> Path:
    """The file that a path or the name of one of a model's own attributes stands for."""
    path = Path(path)
    own = find_model(model) / "attributes" / f"{path.name}.safetensors"
    return own if len(path.parts) == 1 and not path.exists() and own.exists() else path
