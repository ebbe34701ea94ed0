from hypothesis import given
from hypothesis import strategies as st

from swae_text.training.tracking import MetricsLog

STEPS = {"one": [5, 10], "two": [4, 8]}


def go_on(log, stage, start):
    log.forget_after(stage, start)
    for step in STEPS[stage]:
        if step > start:
            log.write(stage=stage, step=step, loss=step / 3)


@given(whole=st.integers(0, 4), share=st.floats(0, 1), back=st.tuples(*[st.integers(0, 10)] * 2))
def test_rows_written_again_leave_neither_gap_nor_repeat(tmp_path_factory, whole, share, back):
    """Killed in the middle of a row, then resumed from steps whose rows were all there."""
    log = MetricsLog(tmp_path_factory.mktemp("run") / "metrics.jsonl")
    for stage in STEPS:
        go_on(log, stage, 0)
    unbroken = log.path.read_bytes()
    *lines, end = unbroken.splitlines(keepends=True), b""
    lines = [*lines[0], end]
    log.path.write_bytes(b"".join(lines[:whole]) + lines[whole][: int(share * len(lines[whole]))])
    for number, (stage, steps) in enumerate(STEPS.items()):
        there = steps[: max(0, whole - 2 * number)]
        go_on(log, stage, min(back[number], there[-1] if there else 0))
    assert log.path.read_bytes() == unbroken
