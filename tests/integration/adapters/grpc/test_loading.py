"""gRPC comes in only when the settings ask for it."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import os, sys
from fairlead.app import check
from fairlead.kernel.errors import FairleadError

check(os.environ, sections={})
print(sorted({"grpc", "google.protobuf", "grpc_health"} & set(sys.modules)))

sys.modules["grpc_health"] = None  # as if it were not installed
try:
    check({**os.environ, "FAIRLEAD_GRPC__ENABLED": "true"}, sections={})
except FairleadError as error:
    print(error.code, error.message)
"""


def test_its_packages_are_imported_and_needed_only_when_it_is_on(
    tmp_path: Path,
) -> None:
    """Without gRPC they cost a start nothing; with it, what is missing is named."""
    environ = {"PATH": os.environ["PATH"], "FAIRLEAD_HOME": str(tmp_path)}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    imported, refused = done.stdout.splitlines()
    assert imported == "[]"
    assert refused.startswith("grpc.extra_missing grpc.enabled needs more packages")
    assert "pip install 'fairlead[grpc]'" in refused
