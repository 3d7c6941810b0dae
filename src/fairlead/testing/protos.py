"""Protos for tests, compiled where they are written."""

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc_tools
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import Default
from grpc_tools import protoc

WELL_KNOWN = Path(grpc_tools.__file__).parent / "_proto"
HEAD = """\
syntax = "proto3";
import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
"""


def declare(package: str, text: str) -> FileDescriptor:
    """Return what the proto `text` declares, in a package of its own.

    Durations, structs and timestamps are imported already.

    Raises:
        ValueError: the compiler refused it; it has said why on stderr.
    """
    whole = f"{HEAD}package {package};\n{text}"
    name = f"{package}.{sha256(whole.encode()).hexdigest()[:8]}.proto"
    with TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(whole)
        out = Path(folder) / "out"
        arguments = [f"-I{folder}", f"-I{WELL_KNOWN}", f"--descriptor_set_out={out}"]
        if protoc.main(["protoc", *arguments, name]) != 0:
            raise ValueError(text)
        (file,) = FileDescriptorSet.FromString(out.read_bytes()).file
    Default().AddSerializedFile(file.SerializeToString())
    found: FileDescriptor = Default().FindFileByName(name)
    return found
