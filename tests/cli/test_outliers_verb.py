"""``swae-text outliers``: a record out for each in, or the worst of all."""

LINES = "the cook smiled at us today .\n\nzebras yodel über 千 moons\n" + "far too long " * 100
LINES += "\nagain .\n"


def test_a_record_for_each_line_whatever_it_is(command, tiny_run):
    result = command("outliers", tiny_run, stdin=LINES)
    assert result.code == 0, result.err
    usual, empty, strange, long, _ = result.records
    assert [record["input"] for record in result.records] == LINES.splitlines()
    assert strange["nats"] > usual["nats"] >= 0 and strange["edits"] > 0
    assert empty["nats"] is None and "too_long" not in empty
    assert long["too_long"] is True and long["edits"] is long["typicality"] is None
    assert (
        command("outliers", tiny_run, "--batch-size", 1, stdin=LINES).records[2]["text"]
        == command("reconstruct", tiny_run, stdin=strange["input"]).records[0]["text"]
    )


def test_the_worst_come_first_and_no_more_than_asked_for(command, tiny_run):
    every = command("outliers", tiny_run, stdin=LINES).records
    result = command("outliers", tiny_run, "--worst", 2, stdin=LINES)
    nats = sorted((one["nats"] for one in every if one["nats"] is not None), reverse=True)
    assert [record["nats"] for record in result.records] == nats[:2]
    assert "longer than the model reads: 1" in result.err
    assert command("outliers", tiny_run, "--worst", 2, stdin="\n\n").out == ""


def test_people_see_one_line_a_sentence(command, tiny_run):
    shown = command("outliers", tiny_run, "--format", "text", stdin=LINES).out.splitlines()
    assert len(shown) == 5 and shown[1] == "" and shown[3].startswith("too long ")
    assert shown[0].split()[3:6] == ["the", "cook", "smiled"]
