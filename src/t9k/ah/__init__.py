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
    from builtins import list as list_
    from typing import Any

    from ._assets import Dataset, Model
    from ._branches import Branch
    from ._client import Client
    from ._comparisons import Comparison
    from ._editing import Edit
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
        ReadOnlyError,
        ReferenceSyntaxError,
        ServerError,
        WrongTypeError,
    )
    from ._evaluations import Evaluation
    from ._folders import Folder
    from ._gates import GateCheck
    from ._hub import (
        compare,
        create,
        create_evaluations,
        create_folder,
        delete_evaluation,
        export_evaluation,
        get,
        get_asset,
        get_evaluation,
        get_folder,
        import_evaluation,
        leaderboard,
        list_evaluation,
        list_folder,
        login,
        logout,
        search_evaluation,
        whoami,
    )
    from ._hub import list as list
    from ._leaderboards import Leaderboard
    from ._records import (
        AssetEntry,
        AssetRecord,
        BranchEntry,
        CommitEntry,
        ComparisonEntry,
        ConflictEntry,
        ContentEntry,
        DiffEntry,
        EvaluationEntry,
        FolderEntry,
        FolderRecord,
        GateRecord,
        HistoryEntry,
        LeaderboardEntry,
        ObjectEntry,
        ProtectionRecord,
        RuleEntry,
        ShareEntry,
        TagEntry,
    )
    from ._snapshots import Commit, Tag
    from ._trends import History

__all__ = [
    "AlreadyExistsError",
    "AssetEntry",
    "AssetHubError",
    "AssetRecord",
    "Branch",
    "BranchEntry",
    "Client",
    "Commit",
    "CommitEntry",
    "Comparison",
    "ComparisonEntry",
    "ConfigError",
    "ConflictEntry",
    "ConflictError",
    "ConnectionFailedError",
    "ContentEntry",
    "Dataset",
    "DeletedError",
    "DiffEntry",
    "DownloadError",
    "Edit",
    "Evaluation",
    "EvaluationEntry",
    "Folder",
    "FolderEntry",
    "FolderRecord",
    "GateCheck",
    "GateRecord",
    "History",
    "HistoryEntry",
    "InvalidInputError",
    "Leaderboard",
    "LeaderboardEntry",
    "Model",
    "NotFoundError",
    "NotLoggedInError",
    "ObjectEntry",
    "PermissionDeniedError",
    "ProtectionRecord",
    "ReadOnlyError",
    "ReferenceSyntaxError",
    "RuleEntry",
    "ServerError",
    "ShareEntry",
    "Tag",
    "TagEntry",
    "WrongTypeError",
    "__version__",
    "compare",
    "create",
    "create_evaluations",
    "create_folder",
    "delete_evaluation",
    "export_evaluation",
    "get",
    "get_asset",
    "get_evaluation",
    "get_folder",
    "import_evaluation",
    "leaderboard",
    "list_evaluation",
    "list_folder",
    "login",
    "logout",
    "search_evaluation",
    "whoami",
]
# `list` is left to be asked for, lest a star hides Python's own.

_MODULES = {
    "_assets": ("Dataset", "Model"),
    "_branches": ("Branch",),
    "_client": ("Client",),
    "_comparisons": ("Comparison",),
    "_editing": ("Edit",),
    "_evaluations": ("Evaluation",),
    "_folders": ("Folder",),
    "_gates": ("GateCheck",),
    "_leaderboards": ("Leaderboard",),
    "_snapshots": ("Commit", "Tag"),
    "_trends": ("History",),
}


def __getattr__(name: str) -> "Any":
    if name not in __dir__():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f".{_module_of(name)}", __name__), name)
    return value


def __dir__() -> "list_[str]":
    return sorted([*__all__, "list"])


def _module_of(name: str) -> str:
    for module, names in _MODULES.items():
        if name in names:
            return module
    if name[0].islower():
        return "_hub"
    return "_errors" if name.endswith("Error") else "_records"
