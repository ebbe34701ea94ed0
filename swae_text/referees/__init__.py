"""Small models that judge what a sentence model writes: language models and classifiers."""
