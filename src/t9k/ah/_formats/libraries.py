"""Libraries that only some formats need, loaded when one of these is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .._errors import ConfigError

_PACKAGES = {"mlflow": "mlflow-skinny"}


def need(module: str, what: str) -> Any:
    """The module; raises ConfigError that says how to install it where it is not there."""
    try:
        return import_module(module)
    except ImportError:
        top = module.partition(".")[0]
        raise ConfigError(
            f"{what} need the Python package {_PACKAGES.get(top, top)}: "
            f"pip install {_PACKAGES.get(top, top)}",
            code="missing_library",
        ) from None
