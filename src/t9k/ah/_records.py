"""The shapes of what listings hold: plain dicts, as the server sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike
    from typing import Protocol, SupportsFloat, TypeAlias

    class Frame(Protocol):
        """A data frame of pandas, or of what works alike."""

        def to_parquet(self, path: Any) -> Any: ...

    Metrics: TypeAlias = Mapping[str, SupportsFloat | Mapping[str, Any]]
    Samples: TypeAlias = str | PathLike[str] | Frame | Iterable[Mapping[str, Any]]


class FolderRecord(TypedDict):
    """A folder. Times are RFC 3339 in UTC."""

    id: str
    type: str
    name: str
    owner: str
    labels: list[str]
    description: str
    createdTimestamp: str
    modifiedTimestamp: str


class FolderEntry(TypedDict):
    """A folder in a listing, with what the asker may do and how many assets it holds."""

    folder: FolderRecord
    permission: str
    assets: int


class AssetRecord(TypedDict):
    """A model or a dataset; `folder` is the folder's id. Times are RFC 3339 in UTC."""

    id: str
    name: str
    folder: str
    labels: list[str]
    description: str
    createdTimestamp: str
    modifiedTimestamp: str


class AssetEntry(TypedDict):
    """An asset in a listing, with how many branches it has."""

    asset: AssetRecord
    branches: int


class BranchEntry(TypedDict):
    """A branch in a listing; `id` is its name, `mtime` is in seconds since the epoch."""

    id: str
    commit_id: str
    size_bytes: int
    mtime: int


class TagEntry(TypedDict):
    """A tag in a listing; `id` is its name."""

    id: str
    commit_id: str


class CommitEntry(TypedDict):
    """A commit in a listing; `creation_date` is in seconds since the epoch."""

    id: str
    parents: list[str]
    message: str
    committer: str
    creation_date: int
    metadata: dict[str, Any]


class ObjectEntry(TypedDict):
    """A file of a snapshot; `checksum` is its SHA-256, `mtime` is in seconds since the epoch."""

    path: str
    path_type: str
    size_bytes: int
    checksum: str
    mtime: int
    content_type: str
    physical_address: str


class ContentEntry(TypedDict):
    """The bytes at a path: how many, and their SHA-256."""

    size_bytes: int
    checksum: str


class DiffEntry(TypedDict):
    """A path that differs between two snapshots; `type` is added, removed or changed."""

    path: str
    type: str
    old: ContentEntry | None
    new: ContentEntry | None


class ConflictEntry(TypedDict):
    """A path that two sides changed since their `base`, each in its own way; None is absent."""

    path: str
    base: ContentEntry | None
    ours: ContentEntry | None
    theirs: ContentEntry | None


class RuleEntry(TypedDict):
    """What came of a rule of a gate; `value` is that of the `evaluation` that decided."""

    number: int
    rule: dict[str, Any]
    required: str
    actual: str
    value: float | None
    evaluation: str | None
    passed: bool
    reason: str


class GateRecord(TypedDict):
    """The rules of a branch, and who changed them last and when."""

    rules: list[dict[str, Any]]
    changed: str
    changedBy: str


class DifferenceInterval(TypedDict):
    """An interval of a difference, and how it was found; None is infinite."""

    low: float | None
    high: float | None
    confidence: float
    method: str


class ComparisonEntry(TypedDict):
    """A metric of the evaluation at place `b` compared with that at place `a`.

    `difference` is that of the one at `b`. None is not known, or no finite number.
    """

    metric: str
    a: int
    b: int
    values: list[float | None]
    means: list[float | None] | None
    higherIsBetter: bool | None
    difference: float | None
    interval: DifferenceInterval | None
    stderr: float | None
    pValue: float | None
    adjustedPValue: float | None
    test: str | None
    effect: dict[str, Any] | None
    verdict: str
    paired: bool
    n: int | None
    clusters: int | None
    mcnemar: dict[str, Any] | None
    flips: dict[str, Any]
    leftOut: dict[str, Any]
    notes: list[str]


class MetricRecord(TypedDict):
    """What is known of a metric: its standard error, its number of samples, what is better."""

    stderr: NotRequired[float]
    n: NotRequired[int]
    higher_is_better: NotRequired[bool]
    slice: NotRequired[str]


class InvalidRecord(TypedDict):
    """That an evaluation was marked invalid: why, by whom, and when (RFC 3339 in UTC)."""

    reason: str
    by: str
    time: str


class EvaluationEntry(TypedDict):
    """Metrics of one model commit on one dataset commit.

    `results` is `{"metric": TEXT}`, where TEXT is the JSON of the metrics in the order they were
    given; `metrics` has what is known of those of which more is known. The references, branches
    and tags are those of the moment of creation. `startTime` is RFC 3339 in UTC.

    `samples` is None, or has their `size` in bytes, the number of `rows`, and the `columns`.
    `datasetMoved` is by how many commits the dataset's `main` is ahead of the one measured on.
    """

    id: str
    modelID: str
    modelRef: str
    modelBranch: str
    modelTags: list[str]
    modelCommit: str
    datasetID: str
    datasetRef: str
    datasetBranch: str
    datasetTags: list[str]
    datasetCommit: str
    results: dict[str, str]
    startTime: str
    metrics: dict[str, MetricRecord]
    params: dict[str, Any]
    tool: dict[str, str | None] | None
    revision: str | None
    seed: int | None
    hardware: str | None
    duration: float | None
    started: str | None
    note: str | None
    labels: list[str]
    source: dict[str, Any] | None
    samples: dict[str, Any] | None
    creator: str
    invalid: InvalidRecord | None
    datasetMoved: int | None


class IntervalRecord(TypedDict):
    """An interval that holds the true value with this `confidence`, and how it was found."""

    low: float
    high: float
    confidence: float
    method: str


class LeaderboardEntry(TypedDict):
    """A place of a leaderboard; what cannot be told apart has the same `rank`.

    `pValue` and `basis` tell it from the evaluation whose id is `against`. The basis is `paired`
    where both have samples in common, else `unpaired`; `value only` where nothing is known of how
    sure the values are; `leader` for the first, and `not finite`. `interval` is of its value by
    itself. `otherCommit` says that it was measured on another commit of the dataset.
    """

    rank: int
    value: float
    stderr: float | None
    n: int | None
    interval: IntervalRecord | None
    pValue: float | None
    basis: str
    against: str | None
    otherCommit: bool
    evaluation: EvaluationEntry


class HistoryEntry(TypedDict):
    """A value of a metric, with the model's commit that it is of."""

    commit: CommitEntry
    value: float
    stderr: float | None
    n: int | None
    evaluation: EvaluationEntry


class ShareEntry(TypedDict):
    """With whom a folder is shared: `kind` is user, group or public, `level` view, run or edit."""

    kind: str
    name: str
    level: str
    createdTimestamp: str
    createdBy: str


class ProtectionRecord(TypedDict):
    """Who may still move and delete a protected branch: nobody, if both are empty."""

    users: list[str]
    groups: list[str]


class KeyEntry(TypedDict):
    """An API key, of which `prefix` are the first 8 characters; `scope` is full or read.

    `folder` or `asset` is the name of what it is limited to. Times are RFC 3339 in UTC.
    """

    id: str
    name: str
    prefix: str
    scope: str
    folder: str | None
    asset: str | None
    createdTimestamp: str
    expiresTimestamp: str | None
    lastUsedTimestamp: str | None
    revokedTimestamp: str | None
