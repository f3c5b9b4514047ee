"""Which evaluations an asker may see, as conditions of a statement, and whose datasets' names."""

import sqlalchemy as sa

from assethub.core.people.users import User
from assethub.core.permissions import Level, asker, grantees
from assethub.store.tables import evaluations, folders, shares

# The ids of the folders that the user bound as `asker` may view, some of them twice.
viewable_folders = sa.union_all(
    sa.select(folders.c.id).where(folders.c.owner_id == asker),
    sa.select(shares.c.folder_id).where(
        shares.c.grantee.in_(grantees), shares.c.level >= int(Level.VIEW)
    ),
)
# The folder is still there: what has gone was somebody's, and whose cannot be told any more.
_there = sa.select(folders.c.id).where(folders.c.id == evaluations.c.dataset_folder_id)


def sees_model(user: User) -> "sa.ColumnElement[bool]":
    """That the user, with the key that is used, may view the model of an evaluation."""
    return _opens(user, evaluations.c.model_folder_id, evaluations.c.model_id)


def sees_dataset(user: User) -> "sa.ColumnElement[bool]":
    """That the user may know what an evaluation's dataset is called: true or false, never NULL."""
    seen = sa.func.coalesce(
        _opens(user, evaluations.c.dataset_folder_id, evaluations.c.dataset_id), sa.false()
    )
    if user.key is not None and not user.key.whole_account:
        return seen
    gone = sa.not_(sa.exists(_there.correlate(evaluations)))
    # A reference begins with its owner's name, in which there is no slash.
    owner = sa.func.substr(evaluations.c.dataset_ref, 1, len(user.name) + 1)
    own = sa.or_(evaluations.c.creator == user.name, owner == f"{user.name}/")
    return sa.or_(seen, sa.and_(gone, own))


def _opens(
    user: User, folder: "sa.ColumnElement[str]", asset: "sa.ColumnElement[str]"
) -> "sa.ColumnElement[bool]":
    shown: sa.ColumnElement[bool] = folder.in_(viewable_folders)
    if user.key is None or user.key.whole_account:
        return shown
    shown = sa.and_(shown, folder == user.key.folder_id)
    return shown if user.key.asset_id is None else sa.and_(shown, asset == user.key.asset_id)
