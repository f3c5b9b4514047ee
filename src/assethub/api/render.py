"""How things look in JSON answers. Field names and times are those of the released protocol."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from assethub.core import assets, folders
from assethub.core.evaluations.evidence import NO_EVIDENCE, Evidence
from assethub.core.evaluations.measures import Detail
from assethub.core.evaluations.records import Evaluation, Mark
from assethub.core.evaluations.sample_files import Samples
from assethub.core.pages import MOST_PER_PAGE, Page
from assethub.core.permissions import Folder
from assethub.core.repository.branches import Branch
from assethub.core.repository.commits import Commit
from assethub.core.repository.tags import Tag
from assethub.tree import CommonPrefix, Conflict, Difference, Entry

T = TypeVar("T")
Json = dict[str, Any]


def render_time(moment: int) -> str:
    """Microseconds since the epoch as RFC 3339 in UTC, with six digits of fraction."""
    return (_EPOCH + timedelta(microseconds=moment)).isoformat(timespec="microseconds")[:-6] + "Z"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def render_folder(folder: Folder) -> Json:
    return {
        "id": folder.id,
        "type": folder.type,
        "name": folder.name,
        "owner": folder.owner,
        "labels": folder.labels,
        "description": folder.description,
        "createdTimestamp": render_time(folder.created),
        "modifiedTimestamp": render_time(folder.modified),
    }


def render_listed_folder(listed: folders.Listed) -> Json:
    return {
        "folder": render_folder(listed.folder),
        "permission": listed.permission.name.lower(),
        "assets": listed.assets,
    }


def render_asset(asset: assets.Asset) -> Json:
    return {
        "id": asset.id,
        "name": asset.name,
        "folder": asset.folder.id,
        "labels": asset.labels,
        "description": asset.description,
        "createdTimestamp": render_time(asset.created),
        "modifiedTimestamp": render_time(asset.modified),
    }


def render_listed_asset(listed: assets.Listed) -> Json:
    return {"asset": render_asset(listed.asset), "branches": listed.branches}


def render_branch(branch: Branch) -> Json:
    return {
        "id": branch.name,
        "commit_id": branch.commit_id,
        "size_bytes": branch.size,
        "mtime": branch.modified,
    }


def render_tag(tag: Tag) -> Json:
    return {"id": tag.name, "commit_id": tag.commit_id}


def render_commit(commit: Commit) -> Json:
    return {
        "id": commit.id,
        "parents": commit.parents,
        "message": commit.message,
        "committer": commit.committer,
        "creation_date": commit.time,
        "metadata": commit.metadata,
    }


def render_whole_commit(commit: Commit) -> Json:
    """A commit with the number of its snapshot's objects, and their bytes."""
    return render_commit(commit) | {"size_bytes": commit.size, "objects": commit.objects}


def render_object(entry: Entry) -> Json:
    """An object. Its physical address is its content's: where packs put the bytes may change."""
    return {
        "path": entry.path,
        "path_type": "object",
        "size_bytes": entry.size,
        "checksum": entry.checksum,
        "mtime": entry.mtime,
        "content_type": entry.content_type,
        "physical_address": f"sha256:{entry.checksum}",
    }


def render_listed(item: Entry | CommonPrefix) -> Json:
    """An object or a folder of a listing by folders."""
    if isinstance(item, CommonPrefix):
        return {"path": item.path, "path_type": "common_prefix"}
    return render_object(item)


def render_difference(difference: Difference) -> Json:
    path, old, new = difference
    kind = "added" if old is None else "removed" if new is None else "changed"
    return {"path": path, "type": kind, "old": _render_content(old), "new": _render_content(new)}


def render_conflict(conflict: Conflict) -> Json:
    """A path that both sides of a merge changed: what it was in their base, and is in each."""
    return {
        "path": conflict.path,
        "base": _render_content(conflict.base),
        "ours": _render_content(conflict.ours),
        "theirs": _render_content(conflict.theirs),
    }


def _render_content(entry: Entry | None) -> Json | None:
    return None if entry is None else {"size_bytes": entry.size, "checksum": entry.checksum}


def render_page(page: Page[T], render: Callable[[T], Json], key: Callable[[T], str]) -> Json:
    """A page of a listing; `next_offset`, the last item's `key`, is where the next one begins."""
    return {
        "results": [render(item) for item in page.items],
        "pagination": {
            "has_more": page.more,
            "next_offset": key(page.items[-1]) if page.more else "",
            "results": len(page.items),
            "max_per_page": MOST_PER_PAGE,
        },
    }


def render_evaluation(evaluation: Evaluation) -> Json:
    model, dataset, told = evaluation.model, evaluation.dataset, evaluation.evidence
    return {
        "id": evaluation.id,
        "modelID": model.id,
        "modelRef": model.ref,
        "modelBranch": model.branch,
        "modelTags": model.tags,
        "modelCommit": model.commit,
        "datasetID": dataset.id,
        "datasetRef": dataset.ref,
        "datasetBranch": dataset.branch,
        "datasetTags": dataset.tags,
        "datasetCommit": dataset.commit,
        "results": {"metric": evaluation.metrics_text},
        "startTime": render_time(evaluation.created),
        "metrics": {name: _render_detail(each) for name, each in evaluation.details.items()},
        **(_UNTOLD if told is NO_EVIDENCE else _render_evidence(told)),
        "samples": render_samples(evaluation.samples),
        "creator": evaluation.creator,
        "invalid": _render_mark(evaluation.invalid),
        "datasetMoved": evaluation.moved,
    }


def _render_detail(detail: Detail) -> Json:
    return {key: value for key, value in detail._asdict().items() if value is not None}


def _render_evidence(evidence: Evidence) -> Json:
    tool = {"name": evidence.tool, "version": evidence.tool_version}
    return {
        "params": evidence.params or {},
        "tool": tool if evidence.tool else None,
        "revision": evidence.revision,
        "seed": evidence.seed,
        "hardware": evidence.hardware,
        "duration": evidence.duration,
        "started": None if evidence.started is None else render_time(evidence.started),
        "note": evidence.note,
        "labels": evidence.labels or [],
        "source": evidence.source,
    }


_UNTOLD = _render_evidence(NO_EVIDENCE)


def render_samples(samples: Samples | None) -> Json | None:
    """A file of samples: its bytes and rows, and its columns with what they hold."""
    if samples is None:
        return None
    columns = [{"name": name, "kind": kind} for name, kind in samples.columns]
    return {"size": samples.size, "rows": samples.rows, "columns": columns}


def _render_mark(mark: Mark | None) -> Json | None:
    if mark is None:
        return None
    return {"reason": mark.reason, "by": mark.by, "time": render_time(mark.time)}
