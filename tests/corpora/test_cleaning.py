import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swae_text.config import CorpusConfig
from swae_text.corpora.cleaning import (
    _TOKENS,
    _split_once,
    key,
    normalise,
    sentences,
    split_sentences,
    unescape,
)

PLAIN = CorpusConfig()
YELP = CorpusConfig(lowercase=True, split_punctuation=True)
ENGLISH = st.text(alphabet="abtsmdnotIcan'`’\"“”.,!?;:()[]<>-*#$%&@_ 019\\/|{}=", max_size=40)


@settings(deadline=None)  # the first call imports nltk
@given(st.text(), st.booleans(), st.booleans())
def test_normalise_is_idempotent(text: str, lowercase: bool, split: bool) -> None:
    config = CorpusConfig(lowercase=lowercase, split_punctuation=split)
    once = normalise(text, config)
    assert normalise(once, config) == once


@settings(deadline=None)
@given(ENGLISH)
def test_normalise_is_idempotent_on_heavy_punctuation(text: str) -> None:
    once = normalise(text, YELP)
    assert normalise(once, YELP) == once


@settings(deadline=None)
@given(ENGLISH)
def test_words_one_by_one_give_what_the_treebank_gives(text: str) -> None:
    from nltk.tokenize import NLTKWordTokenizer

    text = normalise(text, PLAIN)
    treebank = NLTKWordTokenizer().tokenize(text)
    expected = " ".join('"' if token in ("``", "''") else token for token in treebank)
    assert _split_once(text) == expected


def test_tokens_that_stand_apart_stay_as_the_treebank_has_them() -> None:
    from nltk.tokenize import NLTKWordTokenizer

    for token in _TOKENS:
        assert NLTKWordTokenizer().tokenize(token) == [token]
        assert NLTKWordTokenizer().tokenize(f"{token} x") == [token, "x"]


def test_a_sentence_set_apart_waits_for_no_library() -> None:
    code = "import sys; from swae_text.corpora.cleaning import _split_punctuation as split\n"
    code += "assert split(\"it 's , uh , n't ( yet ) ...\"); print('nltk' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "False\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't like it.", "i do n't like it ."),
        ("It's “great”, isn’t it?", "it 's \" great \" , is n't it ?"),
        ("We cannot go to Mr. Lee's (again)!", "we can not go to mr. lee 's ( again ) !"),
        ("i do n't like it .", "i do n't like it ."),
        ("Wait... what?!", "wait ... what ? !"),
        ("", ""),
    ],
)
def test_yelp_style(text: str, expected: str) -> None:
    assert normalise(text, YELP) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two\t spaces\r\n", "two spaces"),
        ("cafe\u0301", "café"),
        ("co\u00adop \ufeffbell\x07 rings", "coop bell rings"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("half \ud83d pair", "half pair"),
        ("Mixed Case, kept.", "Mixed Case, kept."),
    ],
)
def test_plain_normalisation(text: str, expected: str) -> None:
    assert normalise(text, PLAIN) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"Nice.\n\nShe said \"\"hi\"\".", 'Nice.\n\nShe said "hi".'),
        (r'A \""great\"" place', 'A "great" place'),
        ('He said ""wow"" twice', 'He said "wow" twice'),
        (r"it\'s", "it's"),
        ("bad.<br /><br />Very <i>bad</i> &amp;amp; long", "bad.\n\nVery bad & long"),
        ("&lt;br&gt;i <3 it & a < b", "\ni <3 it & a < b"),
        ("it\x92s \x96 well\x85", "it’s – well…"),
    ],
)
def test_unescape_of_the_hubs_escaping(text: str, expected: str) -> None:
    assert unescape(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It was good. We left!  Why? ok.", ["It was good.", "We left!", "Why?", "ok."]),
        ("Mr. Lee paid 3.50 at 9 a.m. today.", ["Mr. Lee paid 3.50 at 9 a.m. today."]),
        ("wait... what? Hmm... Then we left", ["wait... what?", "Hmm...", "Then we left"]),
        ("so do I. so do i. J. Smith came", ["so do I.", "so do i.", "J. Smith came"]),
        ("no space.It happens", ["no space.", "It happens"]),
        ('He said "no." (Or yes.) ok', ['He said "no."', "(Or yes.)", "ok"]),
        ("good ! ! ! and . . . so on .", ["good ! ! !", "and . . . so on ."]),
        ("one\n\ntwo\n", ["one", "two"]),
        ('"We came. We saw."', ["We came.", "We saw."]),
        ("", []),
    ],
)
def test_split_sentences(text: str, expected: list[str]) -> None:
    assert split_sentences(text) == expected


@given(ENGLISH)
def test_splitting_keeps_every_letter(text: str) -> None:
    assert key("".join(split_sentences(text))) == key(text)


def test_a_review_of_the_hub_becomes_sentences() -> None:
    config = CorpusConfig(
        lowercase=True, split_punctuation=True, unescape=True, split_sentences=True
    )
    review = r"""Don't go!\n\nThe \""chef\"" was rude. Never again"""
    assert list(sentences(review, config)) == [
        "do n't go !",
        'the " chef " was rude .',
        "never again",
    ]


@given(st.lists(ENGLISH, max_size=3), st.integers(1, 6))
def test_sentences_are_normalised_unless_too_long(texts: list[str], max_words: int) -> None:
    config = YELP.model_copy(update={"max_words": max_words})
    for text in texts:
        (sentence,) = sentences(text, config)
        whole = normalise(text, config)
        assert sentence == whole or min(len(sentence.split()), len(whole.split())) > max_words


def test_key_ignores_case_spaces_and_punctuation() -> None:
    assert key("Do n't  STOP !") == key("don't stop") == "dontstop"
    assert key(" ?! ... _") == ""


def test_cleaning_needs_no_torch() -> None:
    import subprocess

    code = (
        "import sys, swae_text.corpora.cleaning, swae_text.corpora.catalog; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
