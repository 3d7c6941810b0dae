"""What a run prints of the server's secrets."""

import asyncio
from pathlib import Path

import pytest
from tests.integration.modules.pipelines.rig import build, repository

from fairlead.kernel.redaction import SecretRefused
from fairlead.modules.pipelines.public import State

PIPELINE = """
version: 1
build:
  steps:
    - name: tell
      run: |
        echo "$DEPLOY_TOKEN $LICENCE $HTTPS_PROXY $PLAIN"
        printf %s "$DEPLOY_TOKEN" | base64
        git remote get-url origin
      env: {PLAIN: hello}
"""


async def test_no_secret_of_the_server_is_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that sound secret, those set to be, and passwords in addresses."""
    monkeypatch.setenv("DEPLOY_TOKEN", "t0k3n-of-deploy")
    monkeypatch.setenv("LICENCE", "licensed to ada")
    monkeypatch.setenv("HTTPS_PROXY", "http://ada:passw0rd@127.0.0.1:9")
    rig = build(
        tmp_path / "home",
        pass_environment=("DEPLOY_TOKEN", "LICENCE", "HTTPS_PROXY"),
        redact=("LICENCE",),
    )
    folder = repository(tmp_path / "repository", {".fairlead.yaml": PIPELINE})
    rig.shelf.put("hello", f"file://eve:s3cr3t@localhost{folder}")
    async with asyncio.timeout(60):
        await rig.open()
        try:
            run = await rig.run("hello")
            printed = await rig.output(run)
        finally:
            await rig.close()

    assert run.state is State.SUCCEEDED, printed
    wanted = b"*** *** http://ada:***@127.0.0.1:9 hello\n***\nfile://"
    assert wanted in printed
    for secret in (b"t0k3n", b"licensed", b"passw0rd", b"s3cr3t"):
        assert secret not in printed


async def test_a_variable_that_cannot_be_redacted_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIN", "123")
    rig = build(tmp_path / "home", pass_environment=("PIN",), redact=("PIN",))
    try:
        with pytest.raises(SecretRefused, match="PIN has fewer than 4 characters"):
            await rig.open()
    finally:
        await rig.close()
