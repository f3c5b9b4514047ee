"""The Asset Hub's SDK: `from t9k import ah`.

    >>> from t9k import ah
    >>> ah.login(host="http://127.0.0.1:8080", api_key="…")             # doctest: +SKIP
    >>> model = ah.create_folder("model", "vision").create_asset("cnn")  # doctest: +SKIP
    >>> branch = model.create_branch("v1")                               # doctest: +SKIP

Importing it reads nothing, writes nothing and connects to nothing.
"""

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
from ._version import __version__

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
