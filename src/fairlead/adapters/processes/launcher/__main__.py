"""Run as `python -m fairlead.adapters.processes.launcher FOLDER`."""

import sys

from fairlead.adapters.processes.launcher.main import main

main(sys.argv[1])
