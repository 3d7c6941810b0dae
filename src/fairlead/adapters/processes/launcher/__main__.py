"""Run as `python -m fairlead.adapters.processes.launcher FOLDER IDLE FULL_DISK`.

The latter two are seconds.
"""

import sys

from fairlead.adapters.processes.launcher.main import main

main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
