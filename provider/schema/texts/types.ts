/** Texts of named types that are no arguments. All others have the docstring of their arguments. */
export const TYPES: Readonly<Record<string, string>> = {
  Key: "The partition key, and how it is a time.",
  KeyEncoding:
    "How the key column writes time: `time` follows the column's type (date, timestamp, timestamptz), `epoch-s`, `epoch-ms` and `epoch-us` are integers, `uuidv7` is a UUID of version 7.",
  RootLevel: "How the table itself is cut: by its first level.",
  PartitionStrategy: "PARTITION BY RANGE, LIST or HASH.",
  Levels: "Levels besides the time level: those above it, outermost first, and those below.",
  BranchLevel: "A LIST or HASH level: one branch for each value or remainder.",
  BranchKind: "LIST or HASH.",
  SizeThresholds: "Sizes by which a partition is judged: small, good, a warning, an alert.",
  ColumnValue: "A value of a column.",
  UniqueConstraint: "A UNIQUE constraint. It must contain the partition key.",
  ReferentialAction: "What a delete or update of the referenced row does here.",
  IndexDefinition: "An index that is made together with a new table, while nobody sees it.",
  LeafProfile:
    "What every partition carries besides its bounds. PostgreSQL hands none of it down; whoever makes a partition makes it so, and PartitionWindow aligns those that differ.",
  TableName: "A table by schema and name.",
  Grant: "Privileges of one role.",
  Privilege: "A privilege on a table; `maintain` from PostgreSQL 17 on.",
  ReplicaIdentity: "What identifies a row in a stream of changes.",
  ReplicaIdentityKind:
    "`default` is the primary key, `full` every column, `nothing` no column, `index` a unique index.",
  PublishedChange: "What a publication sends.",
  StatisticsTarget: "Statistics target of a column.",
  StorageAge: "`hot` from the creation on, `warm` and `cold` some time after the partition has ended.",
  Setting: "A storage parameter.",
  LeadUntil: "A fixed end of the window.",
  Schedule: "The schedule in the database, or why there is none.",
  ArchiveFormat: "Format of the parts of an archive.",
  DatabaseIdentity: "The database that the resource was applied to. Another one is refused, also under the same URL.",
  PartitionInfo: "One partition.",
  SslMode: "How strictly the server's certificate is checked, as in libpq.",
};
