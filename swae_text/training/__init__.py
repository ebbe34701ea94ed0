"""From settings to a model folder: stages, the loop they share, checkpoints, events."""
