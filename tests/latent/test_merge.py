"""The source's words stay where nothing was edited, and the edit's where something was."""

from hypothesis import given
from hypothesis import strategies as st

from swae_text.latent.merge import merges, reverts

sentence = st.lists(st.sampled_from("abcd"), max_size=8).map(" ".join)
of_different_words = st.lists(st.sampled_from("abcdefgh"), unique=True).map(" ".join)


@given(sentence, sentence)
def test_nothing_lost_gives_the_edit_and_nothing_edited_the_source(x, y):
    assert merges(x, x, y)[0] == y
    assert merges(y, x, y) == [x]


@given(sentence, sentence, sentence)
def test_no_word_comes_from_nowhere(base, source, edited):
    known = {*source.split(), *edited.split()}
    assert all(set(merged.split()) <= known for merged in merges(base, source, edited))


def test_words_that_decoding_lost_come_back_and_places_change_alone_or_together():
    source = "the pierogi were great and sara was kind ."
    base = "the pizza were great and she was kind ."
    edited = "the pizza were terrible and she was rude ."
    assert merges(base, source, edited) == [
        "the pierogi were terrible and sara was rude .",
        "the pierogi were terrible and sara was kind .",
        "the pierogi were great and sara was rude .",
    ]


def test_the_edit_wins_where_both_changed():
    assert merges("it was good .", "it was superb .", "it was bad .") == ["it was bad ."]


def test_each_change_is_undone_in_its_turn():
    source = "the pierogi were great and sara was kind ."
    edited = "my pierogi were terrible and sara was rude !"
    assert reverts(source, edited) == [
        "the pierogi were terrible and sara was rude !",
        "my pierogi were great and sara was rude !",
        "my pierogi were terrible and sara was kind .",
    ]
    assert reverts(source, source) == reverts(source, source.replace("kind", "rude")) == []


@given(sentence, sentence)
def test_what_is_undone_lies_between_the_two(source, edited):
    for less in reverts(source, edited):
        assert less not in (source, edited) or source.split() != edited.split()
        assert set(less.split()) <= {*source.split(), *edited.split()}


@given(of_different_words, of_different_words)
def test_where_no_word_stands_twice_fewer_changes_are_left(source, edited):
    for less in reverts(source, edited):
        assert len(reverts(source, less)) < len(reverts(source, edited)) or not less
