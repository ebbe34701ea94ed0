"""What was measured, as pictures: one file a picture, over one ``canvas`` that knows matplotlib.

Each takes plain values (rows of ``metrics.jsonl``, results of ``evaluate``, points) and a path.
"""
