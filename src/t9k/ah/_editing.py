"""A change to a branch made step by step, for a `with` statement."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ._additions import SPOOL_PREFIX, plan_additions, tell_empty
from ._errors import InvalidInputError, WrongTypeError
from ._index import Index
from ._messages import inform
from ._operations import Operation
from ._pending import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping
    from tempfile import TemporaryDirectory
    from types import TracebackType

    from ._additions import LocalPath, Source
    from ._branches import Branch
    from ._snapshots import Commit

_MOST_WRITTEN, _MOST_BYTES = 1_000, 8 << 20


class Edit:
    """Puts and deletes that become one commit, in the order they are written.

    Made by `edit()` of a branch or a dataset. `commit` is the `Commit` after a clean end of the
    block, None before it and where nothing changed.
    """

    def __init__(self, branch: Branch, msg: str, metadata: Mapping[str, str], force: bool) -> None:
        self.commit: Commit | None = None
        self._branch = branch
        self._message = msg
        self._metadata = metadata
        self._force = force
        self._operation: Operation | None = None
        self._ended = False
        self._written: dict[str, str] = {}
        self._written_bytes = self._count = 0
        self._directory: TemporaryDirectory[str] | None = None

    def put(self, source: LocalPath, destination: str | None = None) -> None:
        """Add a local file or directory, which is sent now and need not stay.

        It lands as with `create_commit(add=…)`: under its own name without a destination, in it
        where that ends with `/`, else as it.

        Raises InvalidInputError for what is missing or cannot be read.
        """
        operation = self._opened()
        sources = plan_additions([(source, destination)])
        tell_empty(sources)
        self._flush()
        _send(operation, sources)

    def write(self, path: str, content: bytes | str) -> None:
        """Add a file with this content; text is written as UTF-8."""
        import tempfile

        self._opened()
        if isinstance(content, str):
            content = content.encode()
        if not isinstance(content, (bytes, bytearray, memoryview)):
            raise WrongTypeError(f"A file holds bytes or text, not {content!r:.60}")
        if not isinstance(path, str) or path.strip("/") != path or path in ("", "."):
            raise InvalidInputError(f"{path!r} is no path of a file", code="invalid_path")
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(prefix="ah-edit-")
        self._count += 1
        place = os.path.join(self._directory.name, f"{SPOOL_PREFIX}{self._count}")
        with open(place, "wb") as file:
            self._written_bytes += file.write(content)
        plan_additions([(place, path)])
        # Of two with the same path the later one is meant, as if the first had been sent.
        self._written[path] = place
        if len(self._written) >= _MOST_WRITTEN or self._written_bytes >= _MOST_BYTES:
            self._flush()

    def delete(self, path: str) -> None:
        """Take a file away, or all below `dir/`; what is not there is no error."""
        operation = self._opened()
        if not isinstance(path, str):
            raise WrongTypeError(f"A path to delete must be text, not {path!r:.60}")
        self._flush()
        operation.delete(path)

    def __enter__(self) -> Edit:
        if self._operation is not None:
            raise InvalidInputError("An edit is good for one `with` block", code="edit_ended")
        branch = self._branch
        self._operation = Operation(branch._connection, branch.asset.id, branch.name)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        operation = self._opened()
        made = None
        try:
            if error is None:
                inform(f"Committing to {self._branch._label}")
                self._flush()
                made = operation.finish(self._message, self._metadata, self._force)
        finally:
            self._ended = True
            if made is None:
                operation.drop()
            if self._directory is not None:
                self._directory.cleanup()
        if error is None:
            self.commit = self._branch._committed(made)

    def _opened(self) -> Operation:
        """The operation, while the block lasts."""
        if self._operation is None or self._ended:
            raise InvalidInputError(
                "An edit takes changes within its `with` block", code="edit_ended"
            )
        return self._operation

    def _flush(self) -> None:
        """Send what was written so far."""
        if self._written:
            additions = [(place, path) for path, place in self._written.items()]
            _send(self._opened(), plan_additions(additions))
            for place in self._written.values():
                os.unlink(place)
            self._written, self._written_bytes = {}, 0


def _send(operation: Operation, sources: list[Source]) -> None:
    indexes = [Index(source.root) if source.is_lasting else Index() for source in sources]
    try:
        operation.put([Selection(*each) for each in zip(sources, indexes, strict=True)])
    finally:
        for index in indexes:
            index.save()
