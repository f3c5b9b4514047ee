"""A client of one hub: what the functions of the module do, for any hub and any user."""

from __future__ import annotations

from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal, overload

from . import _evaluations
from ._connection import Connection
from ._display import Listing
from ._errors import AlreadyExistsError, InvalidInputError
from ._folders import Folder, make_asset
from ._lookup import find_folder, get_folder_entry
from ._messages import inform
from ._paths import create_named, get_named, list_named
from ._references import FolderPath, check_id, check_name, check_type
from ._values import new_body

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from ._assets import Asset, Dataset, Model
    from ._branches import Branch
    from ._comparisons import Comparison
    from ._evaluations import Evaluation
    from ._leaderboards import Leaderboard
    from ._records import EvaluationEntry, FolderEntry
    from ._snapshots import Commit, Snapshot, Tag


class Client:
    """One hub and one user of it; as many of them as are needed, side by side.

    `host` and `api_key` that are left out come from the environment variables ASSET_HUB_HOST and
    ASSET_HUB_API_KEY, else from the configuration file. A key from there goes only to the host
    that stands beside it. Nothing is sent before the first call, and nothing is stored. It is
    safe to share between threads. At the end of a `with` it is closed.

    Raises NotLoggedInError where one of the two is known to nobody, InvalidInputError where it
    cannot be right.

        with ah.Client("https://hub.example.org", key) as client:
            client.get("model/vision/cnn:tag/v1").download()
    """

    def __init__(self, host: str | None = None, api_key: str | None = None) -> None:
        self._opened = Connection(host, api_key)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.host!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def host(self) -> str:
        """The URL of the hub."""
        return self._connection.host

    @property
    def username(self) -> str:
        """The user's name, asked of the hub once: OWNER before all that the user makes."""
        return self._connection.username

    def close(self) -> None:
        """End its connections. It, and all that came from it, refuse further calls afterwards."""
        self._connection.close()

    @overload
    def create_folder(
        self,
        type_: Literal["model"],
        name: str,
        labels: Iterable[str] | None = None,
        exist_ok: bool = False,
        description: str | None = None,
    ) -> Folder[Model]: ...
    @overload
    def create_folder(
        self,
        type_: Literal["dataset"],
        name: str,
        labels: Iterable[str] | None = None,
        exist_ok: bool = False,
        description: str | None = None,
    ) -> Folder[Dataset]: ...
    @overload
    def create_folder(
        self,
        type_: str,
        name: str,
        labels: Iterable[str] | None = None,
        exist_ok: bool = False,
        description: str | None = None,
    ) -> Folder[Any]: ...
    def create_folder(
        self,
        type_: str,
        name: str,
        labels: Iterable[str] | None = None,
        exist_ok: bool = False,
        description: str | None = None,
    ) -> Folder[Any]:
        """Make a folder for models (`type_="model"`) or datasets, and return it.

        Raises AlreadyExistsError where there is one of that type and name; with `exist_ok` that
        one is returned as it is.
        """
        check_type(type_)
        connection = self._connection
        path = FolderPath(owner=connection.username, type=type_, name=name)
        body = {"type": type_, "name": name, **new_body(labels, description)}
        try:
            id_ = connection.create("/folders", json=body)["id"]
        except AlreadyExistsError:
            if not exist_ok:
                raise
            inform(f"{type_.title()} Folder {name} already exists")
            return Folder(connection, find_folder(connection, path))
        inform(f"Creating {type_.title()} Folder {name}")
        return Folder(connection, get_folder_entry(connection, id_)["folder"])

    @overload
    def get_folder(
        self,
        owner: str | None = None,
        *,
        type_: Literal["model"],
        name: str | None = None,
        id_: str | None = None,
    ) -> Folder[Model]: ...
    @overload
    def get_folder(
        self,
        owner: str | None = None,
        *,
        type_: Literal["dataset"],
        name: str | None = None,
        id_: str | None = None,
    ) -> Folder[Dataset]: ...
    @overload
    def get_folder(
        self,
        owner: str | None = None,
        type_: str | None = None,
        name: str | None = None,
        id_: str | None = None,
    ) -> Folder[Any]: ...
    def get_folder(
        self,
        owner: str | None = None,
        type_: str | None = None,
        name: str | None = None,
        id_: str | None = None,
    ) -> Folder[Any]:
        """The folder with that id, or of that type and name; without an owner it is one's own.

        Raises NotFoundError for one that does not exist or may not be viewed.
        """
        if id_ is not None:
            path = FolderPath(id=check_id(id_, "a folder"))
        elif type_ is None or name is None:
            raise InvalidInputError("A folder is named by its type_ and name, or by its id_")
        else:
            check_type(type_)
            check_name(name, "folder")
            path = FolderPath(owner=owner, type=type_, name=name)
        connection = self._connection
        return Folder(connection, find_folder(connection, path))

    def list_folder(self, type_: str = "all", scope: str = "all") -> builtins.list[FolderEntry]:
        """The folders one may view, as dicts.

        `type_` is model, dataset or all; `scope` is own, shared (by others with the asker),
        public, or all.
        """
        if type_ != "all":
            check_type(type_)
        if scope not in ("own", "shared", "public", "all"):
            raise InvalidInputError(f"The scope must be own, shared, public or all, not {scope!r}")
        query = {"scope": scope} | ({} if type_ == "all" else {"type": type_})
        return Listing(self._connection.request("GET", "/folders", query=query), "folder")

    def get_asset(self, id_: str) -> Model | Dataset:
        """The model or dataset with that id; raises NotFoundError."""
        connection = self._connection
        record = connection.request("GET", f"/assets/{check_id(id_, 'an asset')}")
        folder: Folder[Any] = Folder(
            connection, get_folder_entry(connection, record["folder"])["folder"]
        )
        return make_asset(folder, record)

    def create(
        self,
        path: str,
        labels: Iterable[str] | None = None,
        description: str | None = None,
        exist_ok: bool = False,
        source: Snapshot | str | None = None,
    ) -> Folder[Any] | Model | Dataset | Branch | Tag:
        """Make what a path names, and return it.

        `model/llm` or `dataset/text` is a folder, `model/llm/chat` a model in it, with an empty
        branch `main`. `model/llm/chat:v1` or `:branch/v1` is a branch: it starts at `source`, or
        empty where there is none. `:tag/v1` is a tag of `source`, or of the newest commit of
        `main`. A source is a branch, tag or commit, or a text such as `v1`, `tag/v1` or a commit.

        Raises AlreadyExistsError for what is there, unless `exist_ok` has it returned as it is;
        NotFoundError where what is to hold it is not there; ReferenceSyntaxError for another path.
        """
        return create_named(self, path, labels, description, exist_ok, source)

    def get(self, path: str) -> Folder[Any] | Model | Dataset | Branch | Tag | Commit:
        """What a path names.

        `model/llm` is a folder, `model/llm/chat` an asset, with `:branch/v1`, `:tag/v1` or
        `@4d6988c3` after it a branch, a tag, a commit; `:v1` is a branch, else a tag, else a
        commit. An owner may stand before it. An id of a folder or an asset will do, too.

        Raises NotFoundError for what is not there or may not be viewed, ReferenceSyntaxError for
        another path.
        """
        return get_named(self, path)

    def list(self, path: str, scope: str = "all") -> builtins.list[Any]:
        """What is in what a path names, as dicts.

        `model` and `dataset` list the folders of the type: all that one may view, or by `scope`
        only one's own, those shared by others, or public ones. `model/llm` lists a folder's
        assets, `model/llm/chat` an asset's branches, and with `:branch/v1`, `:tag/v1` or
        `@4d6988c3` after it the objects there.

        Raises as `get` does.
        """
        return list_named(self, path, scope)

    def get_evaluation(self, evaluation_id: str) -> Evaluation:
        """The evaluation with that id; raises NotFoundError."""
        return _evaluations.get_evaluation(self._connection, evaluation_id)

    def list_evaluation(
        self, model: str, sort: str | None = None, limit: int | None = None
    ) -> builtins.list[EvaluationEntry]:
        """The evaluations of a model, or of the commit that a reference points at now.

        `model` is a text such as `vision/cnn` or `vision/cnn:tag/v1`. Newest first, or by `sort`:
        a metric's name (lowest first), or `-` and its name (highest first); NaN and evaluations
        without it come last. `limit` is the most to return.
        """
        return _evaluations.list_evaluation(
            self._connection, _evaluations.name_of(self._connection, model, "model"), sort, limit
        )

    def delete_evaluation(self, evaluation_id: str, reason: str | None = None) -> None:
        """Delete the evaluation with that id; raises NotFoundError.

        The hub keeps who did so, when, and the reason.
        """
        _evaluations.delete_evaluation(self._connection, evaluation_id, reason)

    def create_evaluations(self, evaluations: Iterable[Mapping[str, Any]]) -> builtins.list[str]:
        """Record up to 10,000 evaluations at once, all of them or none; returns their ids.

        Each is a mapping of `model` and `dataset`, which are objects or texts, `metrics`, and any
        of `params`, `tool`, `revision`, `seed`, `hardware`, `duration`, `started`, `note`,
        `labels`, `source` and `samples`, as `Branch.create_evaluation` takes them.

        Raises InvalidInputError that says which of them is wrong, as in `evaluations[3]`.
        """
        from ._recording import create_evaluations

        return create_evaluations(self._connection, evaluations)

    def search_evaluation(
        self,
        query: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        *,
        model: Asset | Snapshot | str | None = None,
        dataset: Asset | Snapshot | str | None = None,
        stale: bool | None = None,
        invalid: bool | None = None,
    ) -> builtins.list[EvaluationEntry]:
        """The evaluations that a search finds among all that one may view.

        `query` is as in `accuracy >= 0.9 and param.lr < 0.01`, see the reference of searches.
        `sort` names metrics and other fields with a comma between them, each with a `-` before it
        for the highest first; without it the newest come first. `model` and `dataset` are objects
        or references: a model or a dataset means all its commits. `stale` takes only those whose
        dataset has moved on since, or has not; `invalid` those that are marked so, or are not.

        Raises InvalidInputError for a query that cannot be understood: its text points at the
        place.
        """
        from ._recording import name_point

        named = {
            kind: None if point is None else name_point(self._connection, point, kind)
            for kind, point in (("model", model), ("dataset", dataset))
        }
        asked = {**named, "query": query, "sort": sort, "stale": stale, "invalid": invalid}
        return _evaluations.search_evaluation(self._connection, asked, limit)

    def leaderboard(
        self,
        dataset: Dataset | Snapshot | str,
        metric: str,
        query: str | None = None,
        best: Literal["model", "all"] = "model",
        across: bool = False,
        *,
        direction: Literal["higher", "lower"] | None = None,
        limit: int | None = None,
    ) -> Leaderboard:
        """The evaluations on a dataset, best first by one metric, as a list of dicts.

        Those that cannot be told apart share a rank. They are of the commit that `dataset` means,
        or with `across` of all its commits. `query` is a search among them. `best` takes the best
        evaluation of each model, or all. `direction` says what is better; without it the
        evaluations do, else the metric's name. `limit` is the most to return.

        Raises InvalidInputError where evaluations do not agree on what is better, NotFoundError for
        a dataset that is not there.
        """
        from ._leaderboards import find_leaderboard

        asked = {"filter": query, "best": best, "across": across, "direction": direction}
        return find_leaderboard(self._connection, dataset, metric, asked, limit)

    def compare(
        self,
        *evaluations: Evaluation | EvaluationEntry | Model | Snapshot | str,
        metric: str | Iterable[str] | None = None,
        cluster: str | None = None,
        across: bool = False,
        seed: int = 0,
        limit: int = 20,
    ) -> Comparison:
        """Compare two to eight evaluations with the first, as a list of dicts, one for a metric.

        Each is an evaluation or its id, or a model, branch, tag, commit or reference, which stands
        for its latest evaluation on a commit of a dataset that all were evaluated on. `metric`
        chooses among the metrics. `cluster` is the column of the samples that says which of them
        belong together. `across` compares what was measured on different data, and says so. The
        same `seed` gives the same numbers. `limit` is how many ids of samples that changed to list.

        Raises ConflictError where they were measured on different data, without `across`.
        """
        from ._comparisons import compare

        return compare(self._connection, evaluations, metric, cluster, across, seed, limit)

    def import_evaluation(
        self,
        path: str | PathLike[str] | Iterable[str | PathLike[str]],
        model: str,
        dataset: str | Mapping[str, str],
        format: str | None = None,
    ) -> builtins.list[str]:
        """Record the evaluations in files that other tools wrote, all of them or none.

        `path` is a file, several, the folder of a run of HELM, or with the format `mlflow`
        `runs:/ID` or `TRACKING_URI#EXPERIMENT`. They are recorded on the commit that `model` points
        at now and on that of `dataset`, which for files on several datasets maps the name that the
        files have for each to one of the hub's. `format` is told by what the files hold, or is one
        of `lm-eval`, `lighteval`, `inspect`, `helm`, `every-eval-ever`, `model-index`,
        `eval-results`, `mlflow`, `classification-report` and `csv`. Returns the ids.

        Raises InvalidInputError that names the file and the place where one is not as its tool
        writes it, and ConfigError for a format that needs a Python package that is not there.
        """
        from . import _interchange

        paths = [path] if isinstance(path, str | PathLike) else path
        texts = [fspath(each) for each in paths]
        planned = _interchange.plan_import(texts, dataset, format)
        return _interchange.record_import(self._connection, planned, model)

    def export_evaluation(
        self,
        evaluations: str | Mapping[str, Any] | Iterable[str | Mapping[str, Any]],
        format: str,
        *,
        key: str | PathLike[str] | None = None,
    ) -> bytes:
        """Evaluations in the form of another tool, as the bytes of a file.

        `evaluations` is the id of one, a model or one of its commits as text such as
        `vision/cnn:tag/v1`, an evaluation or entry of a listing, or several of these. `format` is
        `model-index`, `every-eval-ever`, `csv`, `parquet` or `in-toto`, which `key`, the path of an
        Ed25519 private key in PEM, signs.

        Raises NotFoundError for an evaluation that does not exist, InvalidInputError for an unknown
        format and for a key that is none.
        """
        from . import _interchange

        path = None if key is None else fspath(key)
        return _interchange.export_evaluation(self._connection, evaluations, format, path)

    @property
    def _connection(self) -> Connection:
        return self._opened
