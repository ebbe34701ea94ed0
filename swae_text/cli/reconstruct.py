"""``swae-text reconstruct``: sentences through the space and back."""

from swae_text.cli.arguments import (
    Ban,
    Beams,
    DecodeBatchSize,
    Device,
    File,
    Lines,
    Model,
    OnBadRow,
    Precision,
    Require,
    Rerank,
    Space,
    model_folder,
    open_space,
    searched,
)
from swae_text.cli.formatting import as_record, line_form
from swae_text.cli.shards import Out, Processes, ShardText, in_shards, run_shards
from swae_text.cli.streams import BadLines, for_sentences, in_batches, read_records, write_lines
from swae_text.names import SpaceName


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
    batch_size: DecodeBatchSize = None,
    precision: Precision = "float32",
    device: Device = "cpu",
    out: Out = None,
    text: ShardText = None,
    processes: Processes = None,
) -> None:
    """Encode sentences and decode them again, one record out for each in.

    Of a folder of shards, `text` is a column; a text that was there is `input`.
    """
    decoding = searched(beams, rerank, ban, require)
    for_shards = {"--text": text, "--processes": processes}
    if folder := in_shards(file, out, shards=for_shards, lines={"--format": form}):
        from swae_text.bulk.tasks import Reconstruct

        task = Reconstruct(
            model=model_folder(model),
            space=space,
            precision=precision,
            device=device,
            batch_size=batch_size or 256,
            skip=on_bad_row == "skip",
            text=text,
            decoding=decoding,
        )
        return run_shards(task, folder, out, processes)
    sentences, bad = open_space(model, precision, device), BadLines(on_bad_row)
    chosen: SpaceName = space or sentences.default_space

    def work(texts: list[str]) -> list[str]:
        return sentences.reconstruct(texts, space=chosen, decoding=decoding)

    written = line_form(form)
    for batch in in_batches(read_records(file, bad), batch_size or 64):
        texts = for_sentences(batch, work, bad)
        write_lines(as_record(record, text, written) for record, text in texts)
    bad.tell()
