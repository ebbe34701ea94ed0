"""The referee: one protocol for every model, and the benchmark of methods built on it."""
