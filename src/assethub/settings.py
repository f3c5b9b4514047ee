"""All settings of a hub, in one table.

Each has a flag of `assethub`, a variable `ASSETHUB_…`, a default and a meaning; a test compares
the table in the docs with this one.
"""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where a hub keeps its data and where it listens. Variables fill what is not given."""

    model_config = SettingsConfigDict(env_prefix="ASSETHUB_", extra="ignore", frozen=True)

    data: Path = Field(
        Path("assethub-data"), description="Directory of the embedded database and the bytes."
    )
    database_url: str = Field(
        "", description="`postgresql://…` instead of the SQLite database in the data directory."
    )
    store_url: str = Field(
        "", description="`s3://…`, `gs://…`, `az://…` or a directory instead of the one in `data`."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")

    @property
    def resolved_database_url(self) -> str:
        """The SQLAlchemy URL of the database, with the driver that the hub uses."""
        if not self.database_url:
            return f"sqlite:///{self.data.absolute() / 'hub.db'}"
        for prefix in ("postgresql://", "postgres://"):
            if self.database_url.startswith(prefix):
                return "postgresql+psycopg://" + self.database_url.removeprefix(prefix)
        return self.database_url

    @property
    def resolved_store_url(self) -> str:
        """The URL or directory of the blob store."""
        return self.store_url or str(self.data.absolute() / "blobs")
