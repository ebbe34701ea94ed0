import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from swae_text.cli.progress import Bar, Log, clock, remaining
from swae_text.training.events import (
    Evaluated,
    Event,
    Note,
    Saved,
    StageDone,
    StageStarted,
    StepDone,
)

RUN: list[Event] = [
    Note("reading the corpus"),
    StageStarted("one", steps=100, minutes=2.0, step=50),
    StepDone("one", 75, 100, 30.0, 0.75, {"loss": 1.5}, 120.0),
    Evaluated("one", 75, 30.0, {"bleu": 12.25}),
    Saved(Path("runs/x/checkpoints/one-75.ckpt")),
    StageDone("one", 100, 40.0),
    Saved(Path("runs/x/model")),
]


def test_log_has_a_line_for_each_look_and_none_for_steps():
    lines: list[str] = []
    log = Log(lines.append)
    for event in RUN:
        log(event)
    assert lines == [
        "reading the corpus",
        "stage one: 100 steps or 2 min, from step 50",
        "stage one  step 75  0:30  bleu 12.25  loss 1.5  120 sentences/s",
        "stage one done: 100 steps in 0:40",
        "saved runs/x/model",
    ]


def test_bar_shows_the_state_of_the_stage():
    console = Console(record=True, width=200, force_terminal=True, file=io.StringIO())
    with Progress(TextColumn("{task.fields[state]}"), console=console) as progress:
        bar = Bar(progress)
        for event in RUN[:3]:
            bar(event)
        assert progress.tasks[0].completed == 0.75
        assert "0:10 left" in progress.tasks[0].fields["state"]
        for event in RUN[3:]:
            bar(event)
        assert progress.finished


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.0, "0:07"), (750.0, "12:30"), (3723.4, "1:02:03")]
)
def test_clock(seconds, text):
    assert clock(seconds) == text


def test_remaining_time_follows_the_share_spent():
    step = StepDone("one", 10, 100, 30.0, 0.25, {}, 1.0)
    assert remaining(step) == pytest.approx(90.0)
    assert remaining(StepDone("one", 0, 100, 0.0, 0.0, {}, 0.0)) is None
