"""The tables of a hub. Times are microseconds since the epoch (UTC), ids lower-case UUIDs."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(36)
Sha256 = String(64).with_variant(String(64, collation="C"), "postgresql")
# SQLite counts up only a column of its own INTEGER type; PostgreSQL gets 64 bits.
Serial = BigInteger().with_variant(Integer, "sqlite")


# Names and paths sort by their UTF-8 bytes on every database.
Name = String(255).with_variant(String(255, collation="C"), "postgresql")
Path = Text().with_variant(Text(collation="C"), "postgresql")


def _owned(target: str) -> ForeignKey:
    return ForeignKey(target, ondelete="CASCADE")


# `disabled` is since when, `subject` the `iss|sub` of OpenID Connect, `password` an argon2 hash.
users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Name, nullable=False, unique=True),
    Column("created", BigInteger, nullable=False),
    Column("admin", Boolean, nullable=False, server_default=false()),
    Column("disabled", BigInteger),
    Column("password", String(255)),
    Column("email", String(255)),
    Column("subject", Text),
    Index("ix_users_subject", "subject", unique=True),
)

groups = Table(
    "groups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Name, nullable=False, unique=True),
    Column("created", BigInteger, nullable=False),
    Column("source", String(16), nullable=False, server_default=""),
)

group_members = Table(
    "group_members",
    metadata,
    Column("user_id", Id, _owned("users.id"), primary_key=True),
    Column("group_id", Id, _owned("groups.id"), primary_key=True, index=True),
)

# Only hashes of keys and tokens are kept: `secret` is the SHA-256 of what the person holds. A key's
# folder and asset are no foreign keys: what goes must not leave a key that opens all else.
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, _owned("users.id"), nullable=False, index=True),
    Column("secret", Sha256, nullable=False, unique=True),
    Column("name", Name, nullable=False),
    Column("prefix", String(8), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
    Column("expires", BigInteger),
    Column("last_used", BigInteger),
    Column("scope", String(8), nullable=False, server_default="full"),
    Column("folder_id", Id),
    Column("asset_id", Id),
)

signin_links = Table(
    "signin_links",
    metadata,
    Column("secret", Sha256, primary_key=True),
    Column("user_id", Id, _owned("users.id"), nullable=False, index=True),
    Column("expires", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("secret", Sha256, primary_key=True),
    Column("user_id", Id, _owned("users.id"), nullable=False, index=True),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("last_used", BigInteger),
    Column("peer", String(64), nullable=False, server_default=""),
    Column("agent", Text, nullable=False, server_default=""),
    Column("method", String(8), nullable=False, server_default=""),
)

# Sign-ins that failed, by account and by the address they came from, within an hour of `since`; and
# as `known` from where an account was signed in to. `name` is a hash of whom or what it is about.
attempts = Table(
    "attempts",
    metadata,
    Column("kind", String(8), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("since", BigInteger, nullable=False, index=True),
    Column("blocked_until", BigInteger, nullable=False, server_default="0"),
)

folders = Table(
    "folders",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner_id", Id, ForeignKey("users.id"), nullable=False),
    Column("type", String(16), nullable=False),
    Column("name", Name, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    UniqueConstraint("owner_id", "type", "name"),
)

# Who may do what with others' folders. `grantee` is a user, a group, or '' for everyone, by `kind`.
shares = Table(
    "shares",
    metadata,
    Column("folder_id", Id, _owned("folders.id"), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("grantee", Id, primary_key=True),
    Column("level", Integer, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("created_by", String(255), nullable=False),
    Index(None, "grantee", "folder_id"),
)

assets = Table(
    "assets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("folder_id", Id, _owned("folders.id"), nullable=False),
    Column("name", Name, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    UniqueConstraint("folder_id", "name"),
)

# `time` is in whole seconds, since it is part of the record that the id is the hash of.
commits = Table(
    "commits",
    metadata,
    Column("asset_id", Id, _owned("assets.id"), primary_key=True),
    Column("id", Sha256, primary_key=True),
    Column("tree", Sha256, nullable=False),
    Column("parents", JSON, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("committer", String(255), nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("objects", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Index("ix_commits_history", "asset_id", "generation"),
)

branches = Table(
    "branches",
    metadata,
    Column("asset_id", Id, _owned("assets.id"), primary_key=True),
    Column("name", Name, primary_key=True),
    Column("commit_id", Sha256, nullable=False),
    Column("modified", BigInteger, nullable=False),
    Column("protection", JSON(none_as_null=True)),
    Column("gate", JSON(none_as_null=True)),
    ForeignKeyConstraint(
        ["asset_id", "commit_id"],
        ["commits.asset_id", "commits.id"],
        deferrable=True,
        initially="DEFERRED",
    ),
)

tags = Table(
    "tags",
    metadata,
    Column("asset_id", Id, _owned("assets.id"), primary_key=True),
    Column("name", Name, primary_key=True),
    Column("commit_id", Sha256, nullable=False),
    Column("created", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ["asset_id", "commit_id"],
        ["commits.asset_id", "commits.id"],
        deferrable=True,
        initially="DEFERRED",
    ),
    Index(None, "asset_id", "commit_id"),
)

# Tree nodes, compressed; `hash` is the SHA-256 of the bytes before compression.
nodes = Table(
    "nodes",
    metadata,
    Column("hash", Sha256, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

# Where the bytes of each content lie: `length` bytes at `offset` of the blob at `address`.
contents = Table(
    "contents",
    metadata,
    Column("sha256", Sha256, primary_key=True),
    Column("address", String(64), nullable=False, index=True),
    Column("offset", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
)

# Which contents the commits of an asset hold: what is kept for its sake, and may be asked for.
asset_contents = Table(
    "asset_contents",
    metadata,
    Column("sha256", Sha256, primary_key=True),
    Column("asset_id", Id, _owned("assets.id"), primary_key=True, index=True),
)

# Contents that a user has sent, kept until `expires` though no commit may hold them yet.
sent_contents = Table(
    "sent_contents",
    metadata,
    Column("sha256", Sha256, primary_key=True),
    Column("user_id", Id, _owned("users.id"), primary_key=True, index=True),
    Column("expires", BigInteger, nullable=False, index=True),
)

# Blobs in which nothing lies, and since when, by the database's clock: garbage collection deletes
# them after a while. Every other table with an `address` keeps the blobs that it names.
unused_blobs = Table(
    "unused_blobs",
    metadata,
    Column("address", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False, index=True),
)

# Damaged nodes and contents that `assethub check --repair` has put aside, where they lay.
quarantine = Table(
    "quarantine",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("name", Sha256, primary_key=True),
    Column("moved", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Text, nullable=False),
    Column("data", LargeBinary),
)

# The first answer to a request that came with an Idempotency-Key, until it `expires`; `request` is
# the SHA-256 of what was asked.
answers = Table(
    "answers",
    metadata,
    Column("user_id", Id, _owned("users.id"), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("request", Sha256, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
)

operations = Table(
    "operations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("asset_id", Id, _owned("assets.id"), nullable=False, index=True),
    Column("branch", Name, nullable=False),
    Column("user_id", Id, _owned("users.id"), nullable=False, index=True),
    Column("base_commit", Sha256, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default="0"),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
)

# What an open operation will do. Deletions of the base come first, puts after: a deletion also
# drops the puts it covers, so this order says all. A `path` that ends in `/` is a prefix.
staged_deletes = Table(
    "staged_deletes",
    metadata,
    Column("operation_id", Id, _owned("operations.id"), primary_key=True),
    Column("path", Path, primary_key=True),
)

staged_puts = Table(
    "staged_puts",
    metadata,
    Column("operation_id", Id, _owned("operations.id"), primary_key=True),
    Column("path", Path, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Sha256, nullable=False),
    Column("mtime", BigInteger, nullable=False),
    Column("content_type", String(255), nullable=False),
)

# A large file on its way in parts. `address` is where its blob will lie. A client that says so at
# the start may take the upload up again by `size` and `sha256`; for others these are unknown, and
# `part_size` until the first part is there.
uploads = Table(
    "uploads",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, _owned("users.id"), nullable=False, index=True),
    Column("address", String(64), nullable=False),
    Column("size", BigInteger),
    Column("sha256", Sha256),
    Column("part_size", BigInteger),
    Column("expires", BigInteger, nullable=False, index=True),
    Column("key_id", Id),
)

upload_parts = Table(
    "upload_parts",
    metadata,
    Column("upload_id", Id, _owned("uploads.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("etag", String(32), nullable=False),
)

# `dataset_id` and its folder are no foreign keys: an evaluation outlives its dataset. The `…_ref`,
# `…_branch` and `…_tags` are those of the moment it was made, kept for show. `model_folder_id` is
# that of the model, which stays in its folder: a search asks it of each row.
evaluations = Table(
    "evaluations",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("id", Id, nullable=False, unique=True),
    Column("model_id", Id, _owned("assets.id"), nullable=False),
    Column("model_ref", Text, nullable=False),
    Column("model_branch", String(255), nullable=False),
    Column("model_tags", JSON, nullable=False),
    Column("model_commit", Sha256, nullable=False),
    Column("dataset_id", Id, nullable=False),
    Column("dataset_ref", Text, nullable=False),
    Column("dataset_branch", String(255), nullable=False),
    Column("dataset_tags", JSON, nullable=False),
    Column("dataset_commit", Sha256, nullable=False),
    Column("creator", String(255), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("deleted", BigInteger),
    Column("deleted_by", String(255)),
    Column("deleted_why", Text),
    Column("dataset_folder_id", Id),
    Column("model_folder_id", Id),
    Column("params", JSON(none_as_null=True)),
    Column("tool", String(255)),
    Column("tool_version", String(255)),
    Column("revision", String(255)),
    Column("seed", BigInteger),
    Column("hardware", Text),
    Column("duration", Double),
    Column("started", BigInteger),
    Column("note", Text),
    Column("labels", JSON(none_as_null=True)),
    Column("source", JSON(none_as_null=True)),
    Column("invalid", BigInteger),
    Column("invalid_by", String(255)),
    Column("invalid_why", Text),
    Index("ix_evaluations_created", "created", "seq"),
    Index("ix_evaluations_model", "model_id", "model_commit", "seq"),
    Index("ix_evaluations_model_seq", "model_id", "seq"),
    Index("ix_evaluations_dataset", "dataset_id", "dataset_commit", "seq"),
)

# `value` NULL is NaN: SQLite cannot hold one. `position` keeps the order they were given in. A
# search walks the index by value, and asks the primary key for other metrics of what it meets.
metrics = Table(
    "metrics",
    metadata,
    Column(
        "evaluation_seq",
        Serial,
        _owned("evaluations.seq"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("name", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("value", Double),
    Column("integral", Boolean, nullable=False),
    Column("stderr", Double),
    Column("n", BigInteger),
    Column("higher_is_better", Boolean),
    Column("slice", Text),
    Index("ix_metrics_name_value", "name", "value", "evaluation_seq"),
    sqlite_with_rowid=False,
)

# What an evaluation measured for each sample, as a Parquet file. Sent before the evaluation is made
# it belongs to none and `expires`.
samples = Table(
    "samples",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, nullable=False, index=True),
    Column("evaluation_seq", Serial, _owned("evaluations.seq"), unique=True),
    Column("sha256", Sha256, nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("columns", JSON, nullable=False),
    Column("expires", BigInteger, index=True),
)

# What was done, by whom, from where (`peer`). Rows are only ever added; `hash` covers the row and
# `previous`, the hash of the row before in its chain.
audit = Table(
    "audit",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("time", BigInteger, nullable=False, index=True),
    Column("user_id", Id),
    Column("user_name", String(255), nullable=False),
    Column("key_prefix", String(8), nullable=False, server_default=""),
    Column("peer", String(64), nullable=False, server_default=""),
    Column("action", String(64), nullable=False),
    Column("target", Text, nullable=False),
    Column("asset_id", Id),
    Column("folder_id", Id),
    Column("result", String(8), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("previous", Sha256, nullable=False),
    Column("hash", Sha256, nullable=False),
    Column("chain", Integer, nullable=False, server_default="0"),
    Index(None, "user_name", "seq"),
    Index(None, "asset_id", "seq"),
    Index(None, "folder_id", "seq"),
)

# How many rows each chain of the audit log has, and the hash of its last.
audit_chains = Table(
    "audit_chains",
    metadata,
    Column("chain", Integer, primary_key=True, autoincrement=False),
    Column("count", BigInteger, nullable=False),
    Column("hash", Sha256, nullable=False),
)
