"""The Asset Hub's SDK: `from t9k import ah`.

    >>> from t9k import ah
    >>> ah.login(host="http://127.0.0.1:8080", api_key="…")             # doctest: +SKIP
    >>> model = ah.create_folder("model", "vision").create_asset("cnn")  # doctest: +SKIP
    >>> branch = model.create_branch("v1")                               # doctest: +SKIP

Importing it reads nothing, writes nothing and connects to nothing; what it shows is loaded when
first used.
"""

from ._version import __version__

# Not from typing, which would be most of what importing this costs.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._assets import Dataset, Model
    from ._errors import (
        AlreadyExistsError,
        AssetHubError,
        ConfigError,
        ConflictError,
        ConnectionFailedError,
        DeletedError,
        DownloadError,
        InvalidInputError,
        NotFoundError,
        NotLoggedInError,
        PermissionDeniedError,
        ReferenceSyntaxError,
        ServerError,
        WrongTypeError,
    )
    from ._folders import Folder
    from ._hub import (
        create_folder,
        delete_evaluation,
        get_asset,
        get_folder,
        list_folder,
        login,
        logout,
    )
    from ._records import (
        AssetEntry,
        AssetRecord,
        BranchEntry,
        CommitEntry,
        ConflictEntry,
        ContentEntry,
        DiffEntry,
        EvaluationEntry,
        FolderEntry,
        FolderRecord,
        ObjectEntry,
        TagEntry,
    )
    from ._snapshots import Branch, Commit, Tag

__all__ = [
    "AlreadyExistsError",
    "AssetEntry",
    "AssetHubError",
    "AssetRecord",
    "Branch",
    "BranchEntry",
    "Commit",
    "CommitEntry",
    "ConfigError",
    "ConflictEntry",
    "ConflictError",
    "ConnectionFailedError",
    "ContentEntry",
    "Dataset",
    "DeletedError",
    "DiffEntry",
    "DownloadError",
    "EvaluationEntry",
    "Folder",
    "FolderEntry",
    "FolderRecord",
    "InvalidInputError",
    "Model",
    "NotFoundError",
    "NotLoggedInError",
    "ObjectEntry",
    "PermissionDeniedError",
    "ReferenceSyntaxError",
    "ServerError",
    "Tag",
    "TagEntry",
    "WrongTypeError",
    "__version__",
    "create_folder",
    "delete_evaluation",
    "get_asset",
    "get_folder",
    "list_folder",
    "login",
    "logout",
]

# Where the names are that `_errors` and `_records` do not have.
_MODULES = {
    "_assets": ("Dataset", "Model"),
    "_folders": ("Folder",),
    "_hub": (
        "create_folder",
        "delete_evaluation",
        "get_asset",
        "get_folder",
        "list_folder",
        "login",
        "logout",
    ),
    "_snapshots": ("Branch", "Commit", "Tag"),
}


def __getattr__(name: str) -> "Any":
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    homes = [module for module, names in _MODULES.items() if name in names]
    home = homes[0] if homes else "_errors" if name.endswith("Error") else "_records"
    value = globals()[name] = getattr(import_module(f".{home}", __name__), name)
    return value


def __dir__() -> list[str]:
    return [*__all__]
