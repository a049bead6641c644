/** Texts of named types that are no arguments. All others have the docstring of their arguments. */
export const TYPES: Readonly<Record<string, string>> = {
  Key: "The partition key, and how it is a time.",
  KeyEncoding:
    "How the key column writes time: `time` follows the column's type (date, timestamp, timestamptz), `epoch-s`, `epoch-ms` and `epoch-us` are integers, `uuidv7` is a UUID of version 7.",
  RootLevel: "How the table itself is cut: by its first level.",
  PartitionStrategy: "PARTITION BY RANGE, LIST or HASH.",
  Levels: "Levels in addition to the time level: those above it, outermost first, and those below.",
  BranchLevel: "A LIST or HASH level: one branch for each value or remainder.",
  BranchKind: "LIST or HASH.",
  SizeThresholds: "Sizes by which a partition is judged: small, good, a warning, an alert.",
  ColumnValue: "A value of a column.",
  UniqueConstraint: "A UNIQUE constraint. It must contain the partition key.",
  ReferentialAction: "Effect of a delete or update of the referenced row.",
  IndexDefinition: "An index that is created together with a new table, before other sessions see it.",
  PartitionProfile:
    "Properties of every partition in addition to its bounds. PostgreSQL passes none of them on; each partition is created with them, and PartitionWindow aligns those that differ.",
  TableName: "A table by schema and name.",
  Grant: "Privileges of one role.",
  Privilege: "A privilege on a table; `maintain` from PostgreSQL 17 on.",
  ReplicaIdentity: "Identification of a row in a stream of changes.",
  ReplicaIdentityKind:
    "`default` is the primary key, `full` every column, `nothing` no column, `index` a unique index.",
  PublishedChange: "Changes that a publication sends.",
  StatisticsTarget: "Statistics target of a column.",
  StorageAge: "`hot` from the creation on, `warm` and `cold` some time after the partition has ended.",
  Setting: "A storage parameter.",
  LeadUntil: "A fixed end of the window.",
  Schedule: "The schedule in the database, or why it has none.",
  ArchiveFormat: "Format of the parts of an archive.",
  DatabaseIdentity: "The database that the resource was applied to. Another one is refused, also under the same URL.",
  PartitionInfo: "One partition.",
  SslMode: "How strictly the server's certificate is checked, as in libpq.",
};
