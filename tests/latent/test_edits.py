"""Edits in a space whose sentences are the points of a grid: every claim can be counted."""

import itertools
import math

import pytest
import torch

from swae_text.errors import ConfigError
from swae_text.latent.edits import Goal, Said, choose, surety, trimmed, uphill


def encode(texts):
    return torch.tensor([[float(number) for number in text.split()] for text in texts])


def tokenise(texts):
    return [[int(number) for number in text.split()] for text in texts]


def propose(z):
    return [[" ".join(str(int(number)) for number in row)] for row in z.round().tolist()]


def run(texts, goals, *, confidence=0.9, **more):
    given = {"propose": propose, "encode": encode, "tokenise": tokenise, "allowed": short} | more
    found = uphill(texts, goals, confidence=confidence, **given)
    return [choose(said, confidence) for said in found]


def read(text, goals):
    return surety(encode([text]), tokenise([text]), goals)[0]


def short(said):
    return [len(text) < 40 and len(text.split()) == 4 for text in said]


def above(axis: int, least: float = 3.0, sharpness: float = 4.0):
    return Goal(lambda z: sharpness * (z[:, axis] - least))


def test_the_nearest_sentence_that_convinces_is_chosen_and_the_rest_is_kept():
    texts = [f"{a} {b} 0 0" for a, b in itertools.product((-4, 0, 2), (-5, 5))]
    for text, made in zip(texts, run(texts, [above(0)], slots=4, leash=3.0), strict=True):
        assert made.reached and made.after >= 0.9 > made.before
        assert made.text == f"4 {text.split()[1]} 0 0"
        assert made.distance == pytest.approx(4 - int(text.split()[0]))


def test_a_sentence_that_says_it_already_stays_as_it_is():
    (made,) = run(["7 1 2 3"], [above(0)], slots=4)
    assert (made.text, made.distance, made.reached) == ("7 1 2 3", 0.0, True)
    assert made.before == made.after


def test_several_goals_are_met_at_once():
    (made,) = run(["0 0 5 5"], [above(0), above(1)], slots=4, leash=2.0)
    assert made.reached
    assert float(read(made.text, [above(0), above(1)])) == pytest.approx(made.after)
    assert made.text.split()[:2] == ["4", "4"]


def test_out_of_reach_of_the_leash_the_surest_is_given_and_said_to_fall_short():
    (short,) = run(["-9 0 1 1"], [above(0)], slots=4, leash=0.5)
    assert not short.reached and short.after < 0.9
    assert short.after >= short.before and short.distance <= 0.5 * 9.5
    (none,) = run(["-9 0 1 1"], [above(0)], slots=4, leash=0.0)
    assert (none.text, none.distance) == ("-9 0 1 1", 0.0)


def test_a_sentence_has_to_convince_who_reads_its_pieces_too():
    def six_or_more(tokens):
        return torch.tensor([4.0 if pieces[0] >= 6 else -4.0 for pieces in tokens])

    goal = Goal(above(0).of_vector, six_or_more)
    (made,) = run(["0 2 1 1"], [goal], slots=4, leash=4.0)
    assert made.reached and made.text == "6 2 1 1"
    assert made.before < 0.02 and made.after == pytest.approx(torch.tensor(4.0).sigmoid().item())
    (stays,) = run(["6 2 1 1"], [goal], slots=4)
    assert (stays.text, stays.distance) == ("6 2 1 1", 0.0)


def test_sentences_that_cannot_be_read_are_passed_over():
    def unreadable(said):
        return [text.split()[0] != "4" for text in said]

    (made,) = run(["2 1 1 1"], [above(0)], allowed=unreadable, leash=4.0)
    assert made.reached and made.text.startswith("5")


@pytest.mark.parametrize("leash", [0.0, 4.0])
@pytest.mark.parametrize("merged", [False, True])
def test_a_source_in_words_that_are_not_allowed_does_not_stay_however_sure(leash, merged):
    def free_of_seven(said):
        return ["7" not in text.split() for text in said]

    def other(z):  # decoding keeps to the words, as it was told
        return [[text.replace("7", "6")] for (text,) in propose(z)]

    given = {"allowed": free_of_seven, "propose": other, "leash": leash, "merged": merged}
    sure, low, free = run(["5 7 1 1", "0 7 1 1", "5 1 1 1"], [above(0)], slots=4, **given)
    assert (sure.text, sure.reached) == ("5 6 1 1", True)
    assert "7" not in low.text and low.reached is bool(leash)
    assert (free.text, free.distance) == ("5 1 1 1", 0.0)


def test_every_sentence_is_edited_on_its_own():
    torch.manual_seed(0)
    texts = [" ".join(map(str, row)) for row in torch.randint(-4, 5, (20, 4)).tolist()]
    goal = [above(1)]
    together = run(texts, goal, slots=4, leash=3.0)
    alone = [made for text in texts for made in run([text], goal, slots=4, leash=3.0)]
    assert together == alone and run([], goal) == []


def test_words_that_decoding_loses_are_no_part_of_the_edit():
    def lossy(z):  # the last number is lost
        return [[" ".join([*text.split()[:-1], "0"])] for (text,) in propose(z)]

    texts, goal = ["0 1 2 7"], [above(0)]
    (lost,) = run(texts, goal, slots=4, leash=2.0, propose=lossy, merged=False)
    (kept,) = run(texts, goal, slots=4, leash=2.0, propose=lossy)
    assert (lost.text, kept.text) == ("4 1 2 0", "4 1 2 7")
    assert kept.distance < lost.distance


def test_one_walk_serves_every_lower_confidence():
    torch.manual_seed(0)
    texts = [" ".join(map(str, row)) for row in torch.randint(-4, 3, (20, 4)).tolist()]
    goals, given = [above(0, sharpness=1.0)], {"slots": 4, "leash": 4.0}
    given |= {"propose": propose, "encode": encode, "tokenise": tokenise, "allowed": short}
    far = uphill(texts, goals, confidence=0.98, **given)
    for confidence in (0.6, 0.9):
        alone = uphill(texts, goals, confidence=confidence, **given)
        assert [choose(s, confidence) for s in far] == [choose(s, confidence) for s in alone]


def test_changes_that_are_not_needed_are_undone_and_those_that_are_stay():
    goals = [above(0)]
    given = {"encode": encode, "tokenise": tokenise, "allowed": short, "confidence": 0.9}
    source, done = Said("0 1 2 3", 0.0, 0.0), Said("9 1 2 3", 1.0, 9.0)
    far = Said("4 1 9 9", 0.98, math.sqrt(16 + 49 + 36))
    (found,) = trimmed([[source, far]], goals, **given)
    made = choose(found, 0.9)
    assert (made.text, made.reached, made.distance) == ("4 1 2 3", True, 4.0)
    assert [one.text for one in found[:2]] == [source.text, far.text]  # what was there stays
    assert {one.text for one in found[2:]} == {"0 1 9 9", "4 1 2 3"}
    assert trimmed([[source, done]], goals, **given) == [[source, done]]  # one change: needed
    sure = Said("8 1 2 3", 1.0, 0.0)
    assert trimmed([[sure, far], [source]], goals, **given) == [[sure, far], [source]]


@pytest.mark.parametrize(
    ("goals", "more"),
    [([], {})]
    + [([above(0)], {"confidence": 1.0})]
    + [([above(0)], {"leash": leash}) for leash in (-0.1, math.inf, math.nan)],
)
def test_what_has_no_meaning_is_refused(goals, more):
    with pytest.raises(ConfigError, match=f"{len(goals)} goals"):
        run(["1 1 1 1"], goals, **more)
