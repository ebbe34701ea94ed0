"""How fast it is, as ratios: ``python -m benchmarks`` prints one table.

One file a measurement; each has ``rows(settings)``. What is compared is measured in turns within
one process (ABAB…), so that a busy machine troubles all sides alike, and medians are reported.
"""
