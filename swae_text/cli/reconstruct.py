"""``swae-text reconstruct``: sentences through the space and back."""

from swae_text.cli.arguments import BatchSize, File, Lines, Model, Space, SpaceName, open_space
from swae_text.cli.formatting import as_record, line_form
from swae_text.cli.streams import for_sentences, in_batches, read_records, write_lines


def reconstruct(
    model: Model,
    file: File = None,
    space: Space = None,
    form: Lines = None,
    batch_size: BatchSize = 64,
) -> None:
    """Encode sentences and decode them again, one record out for each in."""
    sentences = open_space(model)
    chosen: SpaceName = space or sentences.default_space
    written = line_form(form)
    for batch in in_batches(read_records(file), batch_size):
        texts = for_sentences(batch, lambda texts: sentences.reconstruct(texts, space=chosen))
        write_lines(
            as_record(record, text, written) for record, text in zip(batch, texts, strict=True)
        )
