"""The audit trail on the command line: asked, exported, signed, verified."""

import json
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from fairlead.testing.server import TestServer, eventually

Lines = list[dict[str, Any]]
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture(scope="module")
def exported(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export with a checkpoint in it."""
    server.run(
        "users", "create", "trail", "--password-stdin", stdin="a long password 1"
    )
    server.run("projects", "delete", "no-such-project", "--yes")
    assert server.run("audit", "checkpoint").exit_code == 0
    file = tmp_path_factory.mktemp("audit") / "audit.jsonl"
    done = server.run("audit", "export", "--output", str(file))
    assert done.exit_code == 0, done.err + server.text
    return file


def lines_of(file: Path) -> Lines:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_an_export_verifies_where_there_is_no_server(
    server: TestServer, exported: Path, tmp_path: Path
) -> None:
    """With the public keys that anybody may fetch."""
    keys = tmp_path / "keys.json"
    keys.write_bytes(server.fetch(f"{server.url}/api/v1/audit/keys"))
    done = server.run(
        *("audit", "verify", "--file", str(exported), "--keys", str(keys)),
        *("--output", "json"),
    )
    found = json.loads(done.out)
    lines = lines_of(exported)

    assert done.exit_code == 0, done.err + server.text
    assert found["broken_at"] is None
    assert found["entries"] == lines[-1]["entries"] > 0
    assert found["checkpoints"] >= 1
    assert lines[0]["type"] == "trail"
    assert exported.stat().st_mode & 0o777 == 0o600


def edited(lines: Lines) -> Lines:
    entry = next(line for line in lines if line["type"] == "entry")
    entry["actor"] = "eve"
    return lines


def removed(lines: Lines) -> Lines:
    entries = [n for n, line in enumerate(lines) if line["type"] == "entry"]
    del lines[entries[1]]
    return lines


def swapped(lines: Lines) -> Lines:
    first, second = [n for n, line in enumerate(lines) if line["type"] == "entry"][:2]
    lines[first], lines[second] = lines[second], lines[first]
    return lines


def cut(lines: Lines) -> Lines:
    return lines[:-1]


def cut_with_an_end(lines: Lines) -> Lines:
    """As somebody would who knows what the last line says."""
    entries = [line for line in lines if line["type"] == "entry"]
    last = entries[0]
    kept = [line for line in lines if line["type"] not in {"entry", "end"}]
    end = {"type": "end", "entries": 1}
    return [*kept, last, {**end, "sequence": 1, "digest": last["digest"]}]


def forged(lines: Lines) -> Lines:
    taken = next(line for line in lines if line["type"] == "checkpoint")
    taken["digest"] = "0" * 64
    return lines


def without_checkpoints(lines: Lines) -> Lines:
    return [line for line in lines if line["type"] != "checkpoint"]


def with_more(lines: Lines) -> Lines:
    entry = next(line for line in lines if line["type"] == "entry")
    entry["comment"] = "nothing covers this"
    return lines


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (edited, "entry 1 was changed"),
        (removed, "entry 2 is missing"),
        (swapped, "entry 1 is missing"),
        (cut, "cut off"),
        (cut_with_an_end, "checkpoint"),
        (forged, "checkpoint 1 was changed or forged"),
        (without_checkpoints, "checkpoint 1 is missing"),
        (with_more, "no digest covers"),
    ],
)
def test_a_file_that_was_changed_does_not_verify(
    server: TestServer,
    exported: Path,
    tmp_path: Path,
    change: Callable[[Lines], Lines],
    reason: str,
) -> None:
    server.run("audit", "checkpoint")  # its entry tells of the first one
    whole = tmp_path / "whole.jsonl"
    assert server.run("audit", "export", "--output", str(whole)).exit_code == 0
    file = tmp_path / "changed.jsonl"
    changed = change(lines_of(whole))
    file.write_text("".join(f"{json.dumps(line)}\n" for line in changed))
    done = server.run("audit", "verify", "--file", str(file))

    assert done.exit_code == 1
    assert reason in done.out
    assert "does not verify" in done.err


def test_a_kept_checkpoint_is_found_in_the_trail(
    server: TestServer, tmp_path: Path
) -> None:
    """One that names another past is told; what is no checkpoint or export, too."""
    kept = tmp_path / "kept.json"
    kept.write_text(server.run("audit", "checkpoint", "-o", "json").out)
    good = server.run("audit", "verify", "--checkpoint", str(kept))
    other = json.loads(kept.read_text())
    kept.write_text(json.dumps({**other, "digest": "0" * 64}))
    bad = server.run("audit", "verify", "--checkpoint", str(kept))
    kept.write_text("{}")
    none = server.run("audit", "verify", "--checkpoint", str(kept))
    other_file = server.run("audit", "verify", "--file", str(kept))

    assert (good.exit_code, "is whole" in good.err) == (0, True), good.err
    assert (bad.exit_code, "was changed or forged" in bad.out) == (1, True)
    assert (none.exit_code, "is no checkpoint" in none.err) == (2, True)
    assert (other_file.exit_code, "is no export" in other_file.err) == (2, True)
    listed = server.data("audit", "checkpoints", "--limit", "1")["items"]
    assert listed[0]["number"] >= other["number"]


def test_exports_are_filtered_as_lists_are(
    server: TestServer, exported: Path, tmp_path: Path
) -> None:
    """Each entry verifies; that none is missing cannot be told."""
    file = tmp_path / "some.jsonl"
    server.run("audit", "export", "--action", "users.*", "--output", str(file))
    done = server.run("audit", "verify", "--file", str(file))
    entries = [line for line in lines_of(file) if line["type"] == "entry"]

    assert exported.exists()
    assert {line["action"].partition(".")[0] for line in entries} <= {"users"}
    assert lines_of(file)[0]["filters"] == {"action": "users.*"}
    assert done.exit_code == 0
    assert "as they were written" in done.err


def test_entries_are_found_by_request_trace_and_time(server: TestServer) -> None:
    """Those that a request left, in the trace that its caller began."""
    body = json.dumps({"username": "nobody", "password": "x" * 20}).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Request-ID": "trail-test",
        "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
    }
    request = urllib.request.Request(  # noqa: S310 - ours
        f"{server.url}/api/v1/auth/login", data=body, headers=headers
    )
    with pytest.raises(HTTPError) as error:
        urllib.request.urlopen(request)  # noqa: S310 - ours
    error.value.close()

    def found(*filters: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = server.data("audit", "list", *filters)["items"]
        return items

    eventually(lambda: found("--request-id", "trail-test"), "the refusal is recorded")
    entry = found("--request-id", "trail-test")[0]
    assert entry["trace_id"] == TRACE
    assert entry in found("--trace-id", TRACE, "--outcome", "refused", "--since", "1h")
    assert found("--trace-id", TRACE, "--until", "1h") == []


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (("--since", "yesterday"), "is no time"),
        (("--action", "a*b"), "star at the end"),
        (("--since", "2h", "--until", "3h"), "after 'since'"),
    ],
)
def test_filters_that_mean_nothing_are_refused(
    server: TestServer, filters: tuple[str, ...], said: str
) -> None:
    done = server.run("audit", "list", *filters)

    assert done.exit_code == 2
    assert said in done.err


def test_jobs_sign_the_trail_and_remove_what_is_old(server: TestServer) -> None:
    """They are schedules like others; by default nothing is removed."""

    def outcome(job: str) -> str:
        last = server.data("schedules", "show", job)["last"] or {}
        return str(last.get("outcome") or last.get("state") or "")

    def ended(job: str) -> bool:
        return outcome(job) == "succeeded"

    before = server.data("audit", "checkpoints")["items"]
    for job in ("audit.checkpoint", "audit.retain"):
        assert server.run("schedules", "run", job).exit_code == 0
        eventually(partial(ended, job), f"{job} ended")
    after = server.data("audit", "checkpoints")["items"]

    assert len(after) > len(before)
    assert server.run("audit", "verify").exit_code == 0
    assert server.data("audit", "list", "--action", "audit.entry.remove")["items"] == []
