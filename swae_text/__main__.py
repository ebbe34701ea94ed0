"""``python -m swae_text`` is the command ``swae-text``."""

import sys

from swae_text.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
