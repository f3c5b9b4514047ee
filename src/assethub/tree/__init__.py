"""Snapshots as trees: sorted entries in ranges, and a root that lists the ranges.

A tree is known by the hash of its root. The same entries make the same tree, however they came
together; a change rewrites the ranges it touches and the root; trees share the ranges in which
they are equal. Nothing here stores anything: callers pass a `Load` and a `Put`.
"""

from .apply import apply_changes
from .build import write_tree
from .diff import Difference, diff
from .entry import Entry, Load, Put, same_content
from .level import CommonPrefix, list_level
from .merge import Change, Conflict, MergeResult, merge
from .nodes import EMPTY, EMPTY_NODE, CorruptNode, node_references, range_checksums
from .read import Summary, get_entries, scan, summarize

__all__ = [
    "EMPTY",
    "EMPTY_NODE",
    "Change",
    "CommonPrefix",
    "Conflict",
    "CorruptNode",
    "Difference",
    "Entry",
    "Load",
    "MergeResult",
    "Put",
    "Summary",
    "apply_changes",
    "diff",
    "get_entries",
    "list_level",
    "merge",
    "node_references",
    "range_checksums",
    "same_content",
    "scan",
    "summarize",
    "write_tree",
]
