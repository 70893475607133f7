"""python -m postprocess VERB STORE."""

import sys

from postprocess.cli import main

if __name__ == "__main__":  # child processes import this file too
    sys.exit(main())
