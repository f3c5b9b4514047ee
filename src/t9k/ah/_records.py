"""The shapes of what listings hold: plain dicts, as the server sends them."""

from __future__ import annotations

from typing import Any, TypedDict


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


class EvaluationEntry(TypedDict):
    """Metrics of one model commit on one dataset commit.

    `results` is `{"metric": TEXT}`, where TEXT is the JSON of the metrics in the order they were
    given. The references, branches and tags are those of the moment of creation. `startTime` is
    RFC 3339 in UTC.
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
