"""Names of assets, offered to those who begin to type one."""

from collections.abc import Sequence

import sqlalchemy as sa

from assethub.core.audit import asset_path
from assethub.core.evaluations.visibility import viewable_folders
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.store.tables import assets, folders, users

_text = sa.bindparam("text", type_=sa.String)
_like = asset_path.ilike(_text, escape="\\")
_select = (
    sa.select(asset_path)
    .select_from(assets)
    .join(folders, folders.c.id == assets.c.folder_id)
    .join(users, users.c.id == folders.c.owner_id)
    .where(folders.c.type == sa.bindparam("type"), folders.c.id.in_(viewable_folders), _like)
    .order_by(assets.c.modified.desc(), asset_path)
)


def suggest_assets(hub: Hub, user: User, type_: str, text: str, amount: int) -> Sequence[str]:
    """Paths of models or datasets that the user may view with the text in them, last changed first.

    Case does not matter.
    """
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values = {"asker": user.id, "type": type_, "text": f"%{escaped}%"}
    with hub.database.read() as connection:
        return connection.execute(_select.limit(amount), values).scalars().all()
