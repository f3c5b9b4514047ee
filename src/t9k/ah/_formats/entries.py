"""Evaluations as the hub lists them, for the writers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def metrics_of(entry: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The metrics by name in the order they were given, each with its value and its details."""
    values = json.loads(entry["results"]["metric"])
    details = entry.get("metrics") or {}
    return {name: {**details.get(name, {}), "value": value} for name, value in values.items()}


def last_name(ref: str) -> str:
    """The name of the asset that a full reference is of."""
    return ref.partition(":")[0].rpartition("/")[2]


def tool_of(entry: Mapping[str, Any]) -> tuple[str, str]:
    """The name and version of the tool; empty where it is not known."""
    tool = entry.get("tool")
    if isinstance(tool, str):
        name, _, version = tool.partition("@")
        return name, version
    return (tool or {}).get("name") or "", (tool or {}).get("version") or ""
