"""The command line: one file a verb, and the only place in the package that prints."""
