"""Run as `python -m fairlead.adapters.processes.launcher FOLDER IDLE_SECONDS`."""

import sys

from fairlead.adapters.processes.launcher.main import main

main(sys.argv[1], float(sys.argv[2]))
