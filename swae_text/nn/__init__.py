"""Plain networks that know nothing of sentences, codes or training."""
