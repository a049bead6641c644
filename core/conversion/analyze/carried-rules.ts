import { quote, quoteQualified } from "../../names/identifier";
import { type Found, listSome, nameTable, type Rule } from "./finding";

/** Row triggers go to the partitioned table, which has one with transition tables for statements only. */
export const triggers: Rule = (facts) => {
  const { source, table, key } = facts;
  if (source.triggers.length === 0) return [];
  const target = quoteQualified(table.schema, table.name);
  const refused = source.triggers.filter((one) => one.level === "row" && one.transitionTables.length > 0);
  const kept = source.triggers.filter((one) => !refused.includes(one));
  const before = kept.filter((one) => one.level === "row" && one.timing === "before" && one.fires !== "never");
  return [
    ...refused.map((one): Found => ({
      level: "blocker",
      message: `row trigger "${one.name}" reads transition tables (${one.transitionTables.join(", ")}), which PostgreSQL allows on no partition.`,
      fix: `Make it a statement trigger: DROP TRIGGER ${quote(one.name)} ON ${target}; CREATE TRIGGER … FOR EACH STATEMENT.`,
    })),
    ...(kept.length > 0
      ? [
          {
            level: "handled",
            message: `triggers ${listSome(kept.map((one) => one.name))} are made on the partitioned table, with their states. A row trigger sees the name of the partition in TG_TABLE_NAME, and TG_RELID is that of the partition.`,
          } as const,
        ]
      : []),
    ...(before.length > 0 && key
      ? [
          {
            level: "note",
            message: `BEFORE trigger${before.length > 1 ? "s" : ""} ${listSome(before.map((one) => one.name))} may not change "${key.column}" so that the row belongs to another partition.`,
            fix: `Give "${key.column}" a default instead of setting it in a trigger.`,
          } as const,
        ]
      : []),
  ];
};

/** Checks as they are: a state that the partitioned table cannot have, or that proves less than it seems. */
export const checks: Rule = ({ source, table }) => {
  const target = quoteQualified(table.schema, table.name);
  const notes = source.constraints.flatMap((one): Found[] => {
    if (one.kind !== "check" && one.kind !== "notNull") return [];
    const name = `${one.kind === "check" ? "check" : "NOT NULL"} "${one.name}"`;
    if (one.noInherit)
      return [
        {
          level: "note",
          message: `${name} is NO INHERIT, which a partitioned table cannot have: it stays on the history, and new partitions do not get it.`,
          fix: `Add it without NO INHERIT before the conversion, NOT VALID and then validated, and drop the old one.`,
        },
      ];
    if (!one.enforced)
      return [
        {
          level: "note",
          message: `${name} is NOT ENFORCED: it is carried as it is, and proves nothing about the rows.`,
        },
      ];
    if (!one.validated && one.kind === "notNull")
      return [
        {
          level: "blocker",
          message: `${name} is NOT VALID, and ATTACH asks for one that is proved.`,
          fix: `ALTER TABLE ${target} VALIDATE CONSTRAINT ${quote(one.name)}, which stops no writer.`,
        },
      ];
    if (!one.validated)
      return [
        {
          level: "note",
          message: `${name} is NOT VALID: it holds for new rows only, and is carried as it is.`,
          fix: `ALTER TABLE ${target} VALIDATE CONSTRAINT ${quote(one.name)}, if its rows satisfy it.`,
        },
      ];
    return [];
  });
  return notes;
};

export const outgoingKeys: Rule = ({ table, source, serverVersion }) => {
  const found = source.constraints.filter((one) => one.kind === "foreign");
  if (found.length === 0) return [];
  const open = found.filter((one) => !one.validated && one.enforced);
  return [
    {
      level: "handled",
      message: `foreign key${found.length > 1 ? "s" : ""} ${listSome(found.map((one) => one.name))} ${found.length > 1 ? "are" : "is"} added to the partitioned table; PostgreSQL takes over what the history has proved and reads no row again.`,
    },
    ...(serverVersion < 18
      ? open.map((one): Found => ({
          level: "blocker",
          message: `foreign key "${one.name}" is NOT VALID, which a partitioned table cannot have before PostgreSQL 18.`,
          fix: `ALTER TABLE ${quoteQualified(table.schema, table.name)} VALIDATE CONSTRAINT ${quote(one.name)} before the conversion.`,
        }))
      : []),
  ];
};

/** A sequence gives numbers during the swap too: its owner changes, the sequence itself does not. */
export const sequences: Rule = ({ source }) =>
  source.sequences.length === 0
    ? []
    : [
        {
          level: "handled",
          message: source.sequences
            .map((one) =>
              one.kind === "shared"
                ? `sequence "${one.schema}.${one.name}", which the default of "${one.column}" calls, stays as it is`
                : one.kind === "serial"
                  ? `sequence "${one.schema}.${one.name}" of "${one.column}" goes to the partitioned table as it is`
                  : `identity "${one.column}" (${one.kind.slice("identity ".length)}) continues beyond the values that sessions may have cached`,
            )
            .join("; ")
            .concat("."),
        },
      ];

export const owner: Rule = ({ source }) => {
  const roles = [...new Set(source.privileges.map((one) => one.grantee))].filter(
    (role) => role !== source.carried.owner,
  );
  const columns = source.privileges.some((one) => one.column !== undefined);
  return [
    {
      level: "handled",
      message: `owner "${source.carried.owner}"${roles.length > 0 ? ` and the privileges of ${listSome(roles)}${columns ? ", those on columns too" : ""}, with their grantors,` : ""} ${roles.length > 0 ? "are" : "is"} carried; what default privileges would add is revoked.`,
    },
  ];
};

export const rowSecurity: Rule = (facts) => {
  const { carried } = facts.source;
  const { enabled, forced } = carried.rowSecurity;
  if (!enabled && carried.policies.length === 0) return [];
  return [
    {
      level: "handled",
      message: `row security (${enabled ? (forced ? "on, and forced on the owner" : "on") : "off"}) and ${carried.policies.length > 0 ? `policies ${listSome(carried.policies.map((one) => one.name))}` : "no policy"} go to the partitioned table. Statements that name a partition pass by the policies of the table: the history is closed to other roles.`,
    },
    ...(forced
      ? [
          {
            level: "note",
            message: `row security is forced on the owner of ${nameTable(facts)}: whatever reads rows as the owner sees those that its policies show. The conversion reads with row_security = off, which fails instead of leaving rows out.`,
          } as const,
        ]
      : []),
  ];
};

export const publications: Rule = ({ replication }) => {
  const members = replication.publications.flatMap((one) => (one.member ? [{ ...one, member: one.member }] : []));
  const whole = replication.publications.filter((one) => !one.member && one.allTables && one.excepted !== true);
  return [
    ...members.map((one): Found => {
      const filtered = one.member.where !== undefined || one.member.columns !== undefined;
      if (filtered && !one.viaRoot)
        return {
          level: "blocker",
          message: `publication "${one.name}" publishes a part of its rows or columns, which a partitioned table allows only with publish_via_partition_root.`,
          fix: `ALTER PUBLICATION ${quote(one.name)} SET (publish_via_partition_root = true), after telling its subscribers; or publish the whole table.`,
        };
      if (!one.mine)
        return {
          level: "blocker",
          message: `publication "${one.name}" belongs to "${one.owner}", who alone can put the partitioned table in the place of the plain one.`,
          fix: `ALTER PUBLICATION ${quote(one.name)} OWNER TO the role that converts, or GRANT ${quote(one.owner)} TO it.`,
        };
      return {
        level: "handled",
        message: `publication "${one.name}" gets the partitioned table in the same transaction. ${one.viaRoot ? "Subscribers see the table." : "Subscribers see partitions under their own names, and need tables of these names: publish_via_partition_root = true sends them as the table."}`,
      };
    }),
    ...whole.map((one): Found => ({
      level: "note",
      message: `publication "${one.name}" is FOR ALL TABLES: it publishes the partitioned table ${one.viaRoot ? "as the table" : "as its partitions"} from the swap on, and subscribers need ${one.viaRoot ? "to refresh" : "tables of the names of the partitions"}.`,
      fix: `ALTER SUBSCRIPTION … REFRESH PUBLICATION WITH (copy_data = false) right after the swap.`,
    })),
    ...(replication.slots.length > 0
      ? [
          {
            level: "note",
            message: `logical slots ${listSome(replication.slots.map((one) => one.name))} read this database: from the swap on they see changes of the history under its new name.`,
          } as const,
        ]
      : []),
  ];
};

export const replicaIdentity: Rule = ({ source, table, key }) => {
  const { kind, index } = source.carried.replicaIdentity;
  const widened = table.constraints.some((one) => one.kind === "primary" && !one.columns.includes(key?.column ?? ""));
  if (kind === "default")
    return widened
      ? [
          {
            level: "note",
            message:
              "the replica identity is the primary key: updates and deletes are sent with the wider one from the swap on.",
          },
        ]
      : [];
  return [
    {
      level: "handled",
      message: `replica identity ${kind === "index" ? `index "${index ?? ""}"` : kind} stays on the history, and is set on the table and each new partition where it is declared.`,
    },
  ];
};

export const statistics: Rule = ({ source }) => [
  ...source.statistics
    .filter((one) => !one.ours)
    .map((one): Found => ({
      level: "blocker",
      message: `the statistics object "${one.schema}.${one.name}" belongs to "${one.owner}", and only its owner can rename it.`,
      fix: `ALTER STATISTICS ${quoteQualified(one.schema, one.name)} OWNER TO the owner of the table, or drop it.`,
    })),
  ...(source.statistics.length > 0
    ? [
        {
          level: "handled",
          message: `extended statistics ${listSome(source.statistics.map((one) => one.name))} are made on the partitioned table too; ANALYZE gathers those of the whole table, which autovacuum never does.`,
        } as const,
      ]
    : []),
];

export const storage: Rule = ({ source }) => {
  const { options, tablespace, unsaid } = source.carried;
  const parts = [
    ...(Object.keys(options).length > 0 ? [`storage parameters (${Object.keys(options).join(", ")})`] : []),
    ...(unsaid?.placed ? [`tablespace "${tablespace ?? ""}"`] : []),
    ...(unsaid?.clustered ? [`CLUSTER by "${unsaid.clustered.index}"`] : []),
    ...(unsaid?.accessMethod !== undefined && unsaid.accessMethod !== "heap"
      ? [`access method "${unsaid.accessMethod}"`]
      : []),
  ];
  return parts.length === 0
    ? []
    : [{ level: "handled", message: `${parts.join(", ")}: kept by the history, and given to new partitions.` }];
};
