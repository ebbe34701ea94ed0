"""Judgements of what comes back, as pure functions of sentences and vectors."""
