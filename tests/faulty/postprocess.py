"""`python -m tests.faulty.postprocess NAME=ARGUMENT... -- VERB STORE...`: postprocess with faults.

They are installed in its own process, not in the child processes it makes.
"""

import sys
from importlib import import_module

from postprocess.cli import main

if __name__ == "__main__":
    end = sys.argv.index("--")
    for fault in sys.argv[1:end]:
        name, _, argument = fault.partition("=")
        import_module(f"tests.faulty.{name}").install(argument)
    sys.exit(main(sys.argv[end + 1 :]))
