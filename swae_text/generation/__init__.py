"""Codes to tokens: one token at a time, batched, with what the decoder remembers between them."""
