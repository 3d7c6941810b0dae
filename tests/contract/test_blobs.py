"""Any `Blobs`."""

import hashlib
from pathlib import Path

import pytest

from fairlead.adapters.blobs.files import FileBlobs
from fairlead.kernel.blobs import BlobMissing, Blobs


@pytest.fixture(params=["files"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return {"files": lambda: FileBlobs(tmp_path / "blobs")}[request.param]()


async def gather(blobs: Blobs, key: str, start: int = 0) -> bytes:
    chunks = [chunk async for chunk in blobs.read(key, start=start)]
    assert all(0 < len(chunk) <= 256 * 1024 for chunk in chunks)
    return b"".join(chunks)


async def test_a_stored_file_comes_back_whole(blobs: Blobs, tmp_path: Path) -> None:
    data = bytes(range(256)) * 4097
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(data)

    blob = await blobs.put("a1/payload", source)
    await blobs.fetch("a1/payload", target)

    assert (blob.key, blob.size) == ("a1/payload", len(data))
    assert blob.digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert target.read_bytes() == data
    assert await gather(blobs, "a1/payload") == data
    assert await gather(blobs, "a1/payload", start=700_000) == data[700_000:]


async def test_small_bytes_and_none_at_all_are_kept(blobs: Blobs) -> None:
    await blobs.put_bytes("a1/metadata.json", b"{}")
    empty = await blobs.put_bytes("a1/empty", b"")

    assert await gather(blobs, "a1/metadata.json") == b"{}"
    assert empty.size == 0
    assert await gather(blobs, "a1/empty") == b""
    assert await gather(blobs, "a1/metadata.json", start=10) == b""


async def test_a_key_stored_again_has_the_later_bytes(blobs: Blobs) -> None:
    await blobs.put_bytes("key", b"first")
    await blobs.put_bytes("key", b"second")

    assert await gather(blobs, "key") == b"second"


async def test_what_is_not_there_is_missing(blobs: Blobs, tmp_path: Path) -> None:
    await blobs.put_bytes("a/b", b"x")
    for key in ("a", "c", "a/b/c"):
        with pytest.raises(BlobMissing):
            await blobs.fetch(key, tmp_path / "target")
        with pytest.raises(BlobMissing):
            await gather(blobs, key)

    assert not (tmp_path / "target").exists()


async def test_deleting_takes_all_below_and_nothing_beside(blobs: Blobs) -> None:
    for key in ("a/one", "a/deep/two", "ab", "b/three"):
        await blobs.put_bytes(key, key.encode())

    await blobs.delete("a")
    await blobs.delete("b/three")
    await blobs.delete("never")

    assert await gather(blobs, "ab") == b"ab"
    for key in ("a/one", "a/deep/two", "b/three"):
        with pytest.raises(BlobMissing):
            await gather(blobs, key)


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "..", "a/../b", ".", "a b"])
async def test_a_key_stays_within_bounds(blobs: Blobs, key: str) -> None:
    with pytest.raises(ValueError, match="no blob key"):
        await blobs.put_bytes(key, b"x")
