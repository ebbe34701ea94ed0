"""Both stages: the sentence autoencoder, the stacked Wasserstein autoencoder, priors, divergences."""
