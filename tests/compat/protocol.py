"""What the released generation of clients relies on, one line each: no line goes without a test.

Each test says by `@covers` which lines it holds the hub to; `test_rows.py` finds those without.
"""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

RULES = {
    "base path": "all is below /apis/v1, in JSON and UTF-8",
    "key": "the key is a UUID of 36 characters, in the query or as Bearer",
    "key unseen": "the key in a query never reaches a log line, an error or a page",
    "plain errors": "errors are plain text, in UTF-8, without a newline at the end",
    "problem errors": "a client that asks for JSON gets problem+json with a stable code",
    "no key": "400 `query is needed: apikey`, also for an empty key",
    "unknown key": "400 `api key …` that ends with `not found` and a newline",
    "bearer errors": "with a Bearer header both are 401",
    "accept anything": "`Accept: */*` means plain text",
    "other errors": "no other 400 reads like those about the key",
    "basic": "an Authorization of Basic beside the key is passed over",
    "wrong path": "a wrong path is a 404 with nothing in it; every other 404 has a text",
    "no redirect": "no answer is a redirect",
    "no encoding": "an object is sent without Content-Encoding",
    "connections": "each request comes on a connection of its own",
    "no body": "POST /update, POST /multipart and DELETE come without a body",
    "form": "a form part has a file name in raw UTF-8 and no type",
    "query": "spaces of a query are `+`, slashes `%2F`",
    "first requests": "one's folders and one's name are quick with thousands of folders",
    "userinfo": "GET /oauth2/userinfo, at the root, names the user",
    "ids": "ids of folders, assets and evaluations are lower-case UUIDs",
    "times": "times are RFC 3339 with `Z`, rounded down, never in the future",
    "epoch times": "times of commits, branches and objects are whole epoch seconds",
    "branch names": "what cannot stand in a URL path is refused as a branch's or tag's name",
    "names": "`/ : @` and the like are refused in names of folders and assets",
    "prefixes": "a commit's prefix does for refs/{ref}, a tag's ref and a branch's source",
}

FOLDERS = {
    "POST /folders": "answers the id; 400 `folder already exists`",
    "GET /folders": "a bare list, by scope and type",
    "GET /folders/{id}": "403 `permission denied`, for one that does not exist too",
    "PUT /folders/{id}": "name and labels; 400 `folder name already exists`",
    "DELETE /folders/{id}": "its assets go with it",
}

ASSETS = {
    "POST /assets": "answers the id; 400 `asset … already exists`",
    "GET /assets": "a bare list of a folder's assets with the number of branches",
    "GET /assets/{id}": "flat",
    "PUT /assets/{id}": "name and labels; 400 `asset … already exists`",
    "DELETE /assets/{id}": "it is gone",
    "first commit": "a new asset has main with one empty commit, `Repository created`",
}

REFERENCES = {
    "GET /ref": "as many of folder, asset and commit as were named",
    "what is missing": "404 texts for each part, the same where one may not view",
    "commit prefix": "4 hex digits or more; an ambiguous one is a 400 that lists the matches",
}

BRANCHES = {
    "POST branches": "name and source; 409 `branch already exists`",
    "GET branches": "results of id, commit_id, size_bytes and mtime",
    "DELETE branches": "gone; main is a 500, or a 409 to who asks for JSON",
    "GET commits": "newest first, down to the first commit",
    "POST tags": "tag and ref; 409 `tag already exists`",
    "GET tags": "results of id and commit_id",
    "DELETE tags": "gone",
    "empty branch": "the last of main's commits has no parents, and a branch is made from it",
    "whole listings": "a listing without paging is whole; pages come on request",
    "commit ids": "64 lower-case hex digits",
    "types": "size_bytes is an integer, metadata an object, committer a name",
}

OBJECTS = {
    "GET objects/ls": "seven fields of each object, by path in byte order",
    "GET objects": "the bytes",
    "ref of objects": "a branch, a tag or a commit; the branch wins over a tag of its name",
}

OPERATIONS = {
    "start": "POST /update answers op_id",
    "put": "PUT /objects takes a form and answers the object as listed",
    "multipart": "parts of 6 MiB from 1, one after another, the last one short",
    "many parts": "up to 10,001 parts",
    "delete": "a file, or all below `dir/`; what is not there is no error",
    "finish": "POST /update/{op_id} answers the commit; null is an empty message",
    "no changes": "400 `commit: no changes`, after which the operation is dropped",
    "give up": "DELETE /operation/{op_id}",
    "same bytes": "putting the bytes that are there is no change",
    "bad paths": "refused with a clear 400",
    "two operations": "both succeed on different paths; on the same the later gets a 409",
    "expiry": "operations and uploads that are left open expire",
    "asset not found": "404 for an asset that is not there or not to be viewed",
    "permission denied": "403 for a write by one who may only view",
}

EVALUATIONS = {
    "POST /evaluations": "answers the evaluation",
    "GET /evaluations": "lists those of a model or a commit of it",
    "GET /evaluations/{id}": "one evaluation",
    "DELETE /evaluations/{id}": "it is listed no more",
    "evaluation fields": "exactly those of the tutorial, and maybe more",
    "evaluation references": "modelRef with branch/, tag/ or the commit; datasetRef with main",
}

ROWS = RULES | FOLDERS | ASSETS | REFERENCES | BRANCHES | OBJECTS | OPERATIONS | EVALUATIONS


def covers(*rows: str) -> Callable[[T], T]:
    """Says which lines of the protocol a test holds the hub to."""
    unknown = set(rows) - ROWS.keys()
    if unknown or not rows:
        raise ValueError(f"no such lines: {sorted(unknown)}")
    return lambda test: test
