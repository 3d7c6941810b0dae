"""gRPC comes in only when the settings ask for it."""

import os
import subprocess
import sys
from pathlib import Path

LOOK = (
    "import os, sys; from fairlead.app import check; check(os.environ, sections={}); "
    "print(sorted({'grpc', 'google.protobuf', 'grpc_health'} & set(sys.modules)))"
)
MISSING = "import sys; sys.modules['grpc_health'] = None; " + LOOK


def run(
    program: str, home: Path, **settings: str
) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": os.environ["PATH"], "FAIRLEAD_HOME": str(home), **settings}
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_server_without_grpc_imports_none_of_it(tmp_path: Path) -> None:
    """Its packages cost a start nothing."""
    done = run(LOOK, tmp_path)

    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


def test_a_missing_extra_is_named(tmp_path: Path) -> None:
    """With what to install, before anything is opened."""
    done = run(MISSING, tmp_path, FAIRLEAD_GRPC__ENABLED="true")

    assert done.returncode == 1
    assert "ExtraMissing: grpc.enabled needs more packages" in done.stderr
    assert "pip install 'fairlead[grpc]'" in done.stderr
