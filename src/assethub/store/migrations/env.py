"""Alembic's entry: migrates on the connection that `assethub.store.schema` hands over."""

from alembic import context

from assethub.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
    render_as_batch=True,
)
context.run_migrations()
