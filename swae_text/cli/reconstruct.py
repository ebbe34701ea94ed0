"""``swae-text reconstruct``: sentences through the space and back."""

from swae_text.cli.arguments import (
    Ban,
    BatchSize,
    Beams,
    File,
    Lines,
    Model,
    OnBadRow,
    Require,
    Rerank,
    Space,
    SpaceName,
    open_space,
    searched,
)
from swae_text.cli.formatting import as_record, line_form
from swae_text.cli.streams import BadLines, for_sentences, in_batches, read_records, write_lines


def reconstruct(
    model: Model,
    file: File = None,
    space: Space = None,
    beams: Beams = 1,
    rerank: Rerank = False,
    ban: Ban = None,
    require: Require = None,
    form: Lines = None,
    on_bad_row: OnBadRow = "refuse",
    batch_size: BatchSize = 64,
) -> None:
    """Encode sentences and decode them again, one record out for each in."""
    sentences, bad = open_space(model), BadLines(on_bad_row)
    chosen: SpaceName = space or sentences.default_space
    decoding = searched(beams, rerank, ban, require)

    def work(texts: list[str]) -> list[str]:
        return sentences.reconstruct(texts, space=chosen, decoding=decoding)

    written = line_form(form)
    for batch in in_batches(read_records(file, bad), batch_size):
        texts = for_sentences(batch, work, bad)
        write_lines(as_record(record, text, written) for record, text in texts)
    bad.tell()
