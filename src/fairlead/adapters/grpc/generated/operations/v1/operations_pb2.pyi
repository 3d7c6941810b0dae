import datetime

from fairlead.adapters.grpc.generated.paging.v1 import paging_pb2 as _paging_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OperationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPERATION_STATE_UNSPECIFIED: _ClassVar[OperationState]
    OPERATION_STATE_QUEUED: _ClassVar[OperationState]
    OPERATION_STATE_RUNNING: _ClassVar[OperationState]
    OPERATION_STATE_SUCCEEDED: _ClassVar[OperationState]
    OPERATION_STATE_FAILED: _ClassVar[OperationState]
    OPERATION_STATE_CANCELLED: _ClassVar[OperationState]

class FrameKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FRAME_KIND_UNSPECIFIED: _ClassVar[FrameKind]
    FRAME_KIND_OUTPUT: _ClassVar[FrameKind]
    FRAME_KIND_EVENT: _ClassVar[FrameKind]
    FRAME_KIND_END: _ClassVar[FrameKind]
    FRAME_KIND_GAP: _ClassVar[FrameKind]
OPERATION_STATE_UNSPECIFIED: OperationState
OPERATION_STATE_QUEUED: OperationState
OPERATION_STATE_RUNNING: OperationState
OPERATION_STATE_SUCCEEDED: OperationState
OPERATION_STATE_FAILED: OperationState
OPERATION_STATE_CANCELLED: OperationState
FRAME_KIND_UNSPECIFIED: FrameKind
FRAME_KIND_OUTPUT: FrameKind
FRAME_KIND_EVENT: FrameKind
FRAME_KIND_END: FrameKind
FRAME_KIND_GAP: FrameKind

class Operation(_message.Message):
    __slots__ = ("id", "kind", "subject", "scope", "state", "priority", "project_id", "parent_id", "feed_id", "requested_by", "created_at", "started_at", "ended_at", "result", "error", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    FEED_ID_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: str
    subject: str
    scope: str
    state: OperationState
    priority: int
    project_id: str
    parent_id: str
    feed_id: str
    requested_by: str
    created_at: _timestamp_pb2.Timestamp
    started_at: _timestamp_pb2.Timestamp
    ended_at: _timestamp_pb2.Timestamp
    result: _struct_pb2.Value
    error: OperationError
    reason: str
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[str] = ..., subject: _Optional[str] = ..., scope: _Optional[str] = ..., state: _Optional[_Union[OperationState, str]] = ..., priority: _Optional[int] = ..., project_id: _Optional[str] = ..., parent_id: _Optional[str] = ..., feed_id: _Optional[str] = ..., requested_by: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ended_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., result: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ..., error: _Optional[_Union[OperationError, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class OperationError(_message.Message):
    __slots__ = ("code", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class OperationFilter(_message.Message):
    __slots__ = ("state", "kind", "project_id", "but", "by_turn")
    STATE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    BUT_FIELD_NUMBER: _ClassVar[int]
    BY_TURN_FIELD_NUMBER: _ClassVar[int]
    state: OperationState
    kind: str
    project_id: str
    but: OperationState
    by_turn: bool
    def __init__(self, state: _Optional[_Union[OperationState, str]] = ..., kind: _Optional[str] = ..., project_id: _Optional[str] = ..., but: _Optional[_Union[OperationState, str]] = ..., by_turn: _Optional[bool] = ...) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ("filter", "page")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    filter: OperationFilter
    page: _paging_pb2.PageRequest
    def __init__(self, filter: _Optional[_Union[OperationFilter, _Mapping]] = ..., page: _Optional[_Union[_paging_pb2.PageRequest, _Mapping]] = ...) -> None: ...

class ListResponse(_message.Message):
    __slots__ = ("items", "next")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[Operation]
    next: str
    def __init__(self, items: _Optional[_Iterable[_Union[Operation, _Mapping]]] = ..., next: _Optional[str] = ...) -> None: ...

class GetRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class CancelRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class Explanation(_message.Message):
    __slots__ = ("operation", "sentences", "position", "queued", "limit", "limit_value", "reached_by", "hidden", "waited_seconds", "ran_seconds", "retries")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    SENTENCES_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_VALUE_FIELD_NUMBER: _ClassVar[int]
    REACHED_BY_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_FIELD_NUMBER: _ClassVar[int]
    WAITED_SECONDS_FIELD_NUMBER: _ClassVar[int]
    RAN_SECONDS_FIELD_NUMBER: _ClassVar[int]
    RETRIES_FIELD_NUMBER: _ClassVar[int]
    operation: Operation
    sentences: _containers.RepeatedScalarFieldContainer[str]
    position: int
    queued: int
    limit: str
    limit_value: int
    reached_by: _containers.RepeatedCompositeFieldContainer[Operation]
    hidden: int
    waited_seconds: float
    ran_seconds: float
    retries: _containers.RepeatedCompositeFieldContainer[StepRetry]
    def __init__(self, operation: _Optional[_Union[Operation, _Mapping]] = ..., sentences: _Optional[_Iterable[str]] = ..., position: _Optional[int] = ..., queued: _Optional[int] = ..., limit: _Optional[str] = ..., limit_value: _Optional[int] = ..., reached_by: _Optional[_Iterable[_Union[Operation, _Mapping]]] = ..., hidden: _Optional[int] = ..., waited_seconds: _Optional[float] = ..., ran_seconds: _Optional[float] = ..., retries: _Optional[_Iterable[_Union[StepRetry, _Mapping]]] = ...) -> None: ...

class StepRetry(_message.Message):
    __slots__ = ("step", "attempt", "attempts", "cut_off", "code", "message", "next_at")
    STEP_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    CUT_OFF_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    NEXT_AT_FIELD_NUMBER: _ClassVar[int]
    step: str
    attempt: int
    attempts: int
    cut_off: int
    code: str
    message: str
    next_at: _timestamp_pb2.Timestamp
    def __init__(self, step: _Optional[str] = ..., attempt: _Optional[int] = ..., attempts: _Optional[int] = ..., cut_off: _Optional[int] = ..., code: _Optional[str] = ..., message: _Optional[str] = ..., next_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class FollowRequest(_message.Message):
    __slots__ = ("id", "after")
    ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    id: str
    after: int
    def __init__(self, id: _Optional[str] = ..., after: _Optional[int] = ...) -> None: ...

class Frame(_message.Message):
    __slots__ = ("offset", "next", "kind", "at", "stream", "data")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    offset: int
    next: int
    kind: FrameKind
    at: float
    stream: str
    data: bytes
    def __init__(self, offset: _Optional[int] = ..., next: _Optional[int] = ..., kind: _Optional[_Union[FrameKind, str]] = ..., at: _Optional[float] = ..., stream: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class Schedule(_message.Message):
    __slots__ = ("id", "name", "summary", "job", "kind", "argument", "subject", "scope", "project_id", "cron", "time_zone", "jitter_seconds", "owner", "paused", "pause_reason", "created_at", "next_at", "last_at", "note", "last")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    JOB_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ARGUMENT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    CRON_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    JITTER_SECONDS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    PAUSE_REASON_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    NEXT_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_AT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    summary: str
    job: bool
    kind: str
    argument: _struct_pb2.Value
    subject: str
    scope: str
    project_id: str
    cron: str
    time_zone: str
    jitter_seconds: int
    owner: str
    paused: bool
    pause_reason: str
    created_at: _timestamp_pb2.Timestamp
    next_at: _timestamp_pb2.Timestamp
    last_at: _timestamp_pb2.Timestamp
    note: str
    last: LastRun
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., summary: _Optional[str] = ..., job: _Optional[bool] = ..., kind: _Optional[str] = ..., argument: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ..., subject: _Optional[str] = ..., scope: _Optional[str] = ..., project_id: _Optional[str] = ..., cron: _Optional[str] = ..., time_zone: _Optional[str] = ..., jitter_seconds: _Optional[int] = ..., owner: _Optional[str] = ..., paused: _Optional[bool] = ..., pause_reason: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., note: _Optional[str] = ..., last: _Optional[_Union[LastRun, _Mapping]] = ...) -> None: ...

class LastRun(_message.Message):
    __slots__ = ("operation_id", "subject", "state", "started_at", "ended_at", "duration_seconds", "error")
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    operation_id: str
    subject: str
    state: OperationState
    started_at: _timestamp_pb2.Timestamp
    ended_at: _timestamp_pb2.Timestamp
    duration_seconds: float
    error: str
    def __init__(self, operation_id: _Optional[str] = ..., subject: _Optional[str] = ..., state: _Optional[_Union[OperationState, str]] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ended_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., duration_seconds: _Optional[float] = ..., error: _Optional[str] = ...) -> None: ...

class ListSchedulesRequest(_message.Message):
    __slots__ = ("page",)
    PAGE_FIELD_NUMBER: _ClassVar[int]
    page: _paging_pb2.PageRequest
    def __init__(self, page: _Optional[_Union[_paging_pb2.PageRequest, _Mapping]] = ...) -> None: ...

class ListSchedulesResponse(_message.Message):
    __slots__ = ("items", "next")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[Schedule]
    next: str
    def __init__(self, items: _Optional[_Iterable[_Union[Schedule, _Mapping]]] = ..., next: _Optional[str] = ...) -> None: ...

class GetScheduleRequest(_message.Message):
    __slots__ = ("schedule",)
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    schedule: str
    def __init__(self, schedule: _Optional[str] = ...) -> None: ...

class PauseScheduleRequest(_message.Message):
    __slots__ = ("schedule",)
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    schedule: str
    def __init__(self, schedule: _Optional[str] = ...) -> None: ...

class ResumeScheduleRequest(_message.Message):
    __slots__ = ("schedule",)
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    schedule: str
    def __init__(self, schedule: _Optional[str] = ...) -> None: ...

class RunScheduleRequest(_message.Message):
    __slots__ = ("schedule", "idempotency_key")
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    schedule: str
    idempotency_key: str
    def __init__(self, schedule: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...
