"""Very many evaluations, made by a few statements of the database: for what reads them."""

import sqlalchemy as sa

from assethub.core import assets, folders
from assethub.core.hub import Hub
from assethub.core.people import users
from assethub.core.people.users import User

# The names, and what scatters their values between 0 and 1.
METRICS = {
    "accuracy": 7_919,
    "f1": 104_729,
    "loss": 611_953,
    "latency": 15_485_863,
    "top 5 accuracy": 32_452_843,
}
DATASETS = 100


def make_owner(hub: Hub, models: int) -> User:
    """A user with so many models in ten folders, and a hundred datasets, `digits-0` and so on."""
    owner = users.add_user(hub, "owner")
    shelves = [folders.create_folder(hub, owner, "model", f"shelf-{n}", []) for n in range(10)]
    data = folders.create_folder(hub, owner, "dataset", "data", [])
    for number in range(DATASETS):
        assets.create_asset(hub, owner, data, f"digits-{number}", [])
    for number in range(models):
        assets.create_asset(hub, owner, shelves[number % 10], f"model-{number:05}", [])
    return owner


def fill(hub: Hub, number: int) -> None:
    """Makes evaluations of all models in turn, then on the next dataset, with five metrics each."""
    engine = hub.database.engine
    count = _COUNT[engine.dialect.name]

    def job(connection: sa.Connection) -> None:
        for script in (_SIDES, count, _EVALUATIONS):
            for text in script.split(";"):
                connection.execute(sa.text(text), {"number": number} if ":number" in text else {})
        for place, (name, factor) in enumerate(METRICS.items()):
            values = {"place": place, "name": name, "factor": factor}
            connection.execute(sa.text(_VALUES), values)

    hub.database.write(job)
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql("VACUUM ANALYZE")


_SIDES = """
CREATE TEMPORARY TABLE sides AS
SELECT a.id, a.folder_id, f.type, b.commit_id,
 'owner/' || f.type || '/' || f.name || '/' || a.name || '\\:main' AS ref,
 row_number() OVER (PARTITION BY f.type ORDER BY a.name) - 1 AS place
FROM assets a JOIN folders f ON f.id = a.folder_id JOIN branches b ON b.asset_id = a.id;
CREATE INDEX sides_place ON sides (type, place);
CREATE TEMPORARY TABLE numbers (i BIGINT PRIMARY KEY)
"""
_COUNT = {
    "sqlite": "INSERT INTO numbers WITH RECURSIVE n(i) AS "
    "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :number) SELECT i FROM n",
    "postgresql": "INSERT INTO numbers SELECT generate_series(1, :number); ANALYZE",
}
_EVALUATIONS = """
INSERT INTO evaluations (id, model_id, model_ref, model_branch, model_tags, model_commit,
 model_folder_id, dataset_id, dataset_ref, dataset_branch, dataset_tags, dataset_commit,
 dataset_folder_id, creator, created, tool)
SELECT 'be9c0000-0000-4000-8000-' || substr(CAST(1000000000000 + i AS TEXT), 2), m.id, m.ref,
 'main', '[]', m.commit_id, m.folder_id, d.id, d.ref, 'main', '[]', d.commit_id, d.folder_id,
 'owner', 1700000000000000 + i * 1000000, 'bench'
FROM numbers
 JOIN sides m ON m.type = 'model'
 AND m.place = i % (SELECT count(*) FROM sides WHERE type = 'model')
 JOIN sides d ON d.type = 'dataset'
 AND d.place = i / (SELECT count(*) FROM sides WHERE type = 'model')
 % (SELECT count(*) FROM sides WHERE type = 'dataset')
ORDER BY i
"""
_VALUES = """
INSERT INTO metrics (evaluation_seq, position, name, value, integral)
SELECT seq, :place, :name, seq * :factor % 1000003 / 1000003.0, false FROM evaluations
"""
