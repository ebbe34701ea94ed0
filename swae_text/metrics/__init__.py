"""Judgements of what comes back, as pure functions: no files, no devices."""
