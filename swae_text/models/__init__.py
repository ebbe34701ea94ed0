"""Both stages: the sentence autoencoder and the stacked Wasserstein autoencoder."""
