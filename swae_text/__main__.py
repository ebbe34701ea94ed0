"""``python -m swae_text`` is the command ``swae-text``."""

import sys

from swae_text.cli.app import process

if __name__ == "__main__":
    sys.exit(process())
