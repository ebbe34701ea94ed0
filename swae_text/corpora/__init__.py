"""Sentences in, token batches out.

In the order of the data: ``catalog`` and ``sources`` (with ``columns`` and ``formats``) turn names,
files, hub ids and stdin into rows; ``cleaning`` turns rows into sentences; ``splits`` holds some
out and drops repeats; ``tokenizer`` turns sentences into pieces; ``store`` keeps the result
memory-mapped on disk; ``batching`` and ``corruption`` serve it to training. Import from the
modules: this package itself imports nothing, so that settings stay free of torch.
"""
