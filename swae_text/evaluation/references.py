"""A file of sentences with human rewrites: JSON lines with a text, a label and ``references``."""

from pathlib import Path

from swae_text.config import CorpusConfig
from swae_text.corpora.cleaning import normalise
from swae_text.corpora.columns import find_columns, label_of
from swae_text.corpora.formats import read_json_lines
from swae_text.errors import CorpusError
from swae_text.evaluation.transfer import TransferTask


def read_task(path: Path, config: CorpusConfig) -> TransferTask:
    """Read every row of a file; texts and references are normalised as the corpus was.

    Raises:
        CorpusError: the file cannot be read, or a row lacks its label or its references.
    """
    task = TransferTask([], [], [])
    for cells, where in read_json_lines(path):
        columns = find_columns(cells, config.model_copy(update={"source": str(path)}), where)
        label = label_of(cells[columns.label]) if columns.label else None
        references = cells.get("references")
        if label is None or not isinstance(references, list) or not references:
            raise CorpusError(f"{where}: a row needs a label and a list `references`")
        task.texts.append(normalise(str(cells[columns.text[0]]), config))
        task.labels.append(label)
        task.references.append([normalise(str(text), config) for text in references])
    if not task.texts:
        raise CorpusError(f"{path}: holds no rows")
    return task
