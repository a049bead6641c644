import { quoteQualified } from "../../names/identifier";
import { explainUnprovedSwap } from "../../plan/retire/backup-guard";
import { formatBytes } from "../../size";
import { formatInstant } from "../../time/instant";
import { type Found, listSome, nameTable, type Rule } from "./finding";
import { findCopies, findCtidUses, findUnprunable } from "./statement-uses";

export const size: Rule = (facts) => {
  const { activity } = facts;
  const { rows, heapBytes, indexBytes, toastBytes } = activity;
  return [
    {
      level: "note",
      message: `${rows === undefined ? "an unknown number of rows (never analyzed)" : `about ${formatCount(rows)} rows (estimate)`}, ${formatBytes(heapBytes)} of rows, ${formatBytes(toastBytes)} of long values, ${formatBytes(indexBytes)} of indexes.`,
      ...(rows === undefined
        ? { fix: `ANALYZE ${quoteQualified(facts.table.schema, facts.table.name)}, so that estimates have a base.` }
        : {}),
    },
  ];
};

/** Formats `1,234,567`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

export const traffic: Rule = ({ activity }) => {
  const { inserts, updates, hotUpdates, deletes, seconds, sequentialScans } = activity;
  const since =
    seconds === undefined ? "since the database was made, or its statistics lost" : `in ${formatAge(seconds)}`;
  const each = (count: number) => (seconds === undefined || seconds < 1 ? "" : ` (${formatRate(count / seconds)}/s)`);
  const changes = updates + deletes;
  return [
    {
      level: "note",
      message: `${formatCount(inserts)} inserts${each(inserts)}, ${formatCount(updates)} updates${each(updates)}, ${formatCount(hotUpdates)} of them within their page, ${formatCount(deletes)} deletes${each(deletes)} and ${formatCount(sequentialScans)} sequential scans ${since}.`,
    },
    ...(changes > inserts && changes > 0
      ? [
          {
            level: "note",
            message:
              "rows are changed more often than added: partitions help retention and vacuum, and an update that changes the key moves its row.",
          } as const,
        ]
      : []),
  ];
};

function formatRate(rate: number): string {
  return rate >= 10 ? formatCount(rate) : Number(rate.toPrecision(2)).toString();
}

/** Formats `3 d`, `5 h`, `12 min`, `40 s`. */
export function formatAge(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** What the swap's lock, and a concurrent index build, would wait for. */
export const transactions: Rule = ({ activity: { server }, obstacles }) => [
  ...server.preparedTransactions.map((one): Found => ({
    level: "note",
    message: `the prepared transaction "${one.name}" is ${formatAge(one.seconds)} old: a concurrent index build waits for it, without end.`,
    fix: "COMMIT PREPARED or ROLLBACK PREPARED by who made it.",
  })),
  ...server.oldTransactions.map((one): Found => ({
    level: "note",
    message: `pid ${one.pid} ("${one.application}"${one.state === undefined ? "" : `, ${one.state}`}) has a transaction of ${formatAge(one.seconds)}: a concurrent index build waits until it ends, and so does the swap if it has used the table.`,
  })),
  ...obstacles.map((message): Found => ({ level: "note", message })),
  ...(server.seesAll
    ? []
    : [
        {
          level: "note",
          message: "the connected role sees its own sessions and statements only: transactions of others may be older.",
          fix: "GRANT pg_monitor TO it shows all.",
        } as const,
      ]),
];

export const replicas: Rule = ({ activity: { server } }) => [
  ...server.replicas.map((one): Found => {
    const behind = `standby "${one.name}" is ${one.lagBytes === undefined ? "an unknown amount" : formatBytes(one.lagBytes)} behind: it replays the swap's lock as well, and queries there wait or are cancelled for that instant.`;
    if (one.feedback)
      return {
        level: "note",
        message: `${behind} Its transactions whose snapshot is older than a copy are waited for before the swap: it reports them (hot_standby_feedback).`,
      };
    return {
      level: "note",
      message: `${behind} After a conversion by copy, a transaction there at REPEATABLE READ that began before the swap and had not read the table yet finds it without the copied rows, and gets no error: it does not report its snapshots, or this role does not see them.`,
      fix: 'Set hot_standby_feedback = on there, and the swap of a copy waits for such transactions; or end them before the swap, which until: "verify" puts off. Attach moves no row, and has no such gap.',
    };
  }),
  ...server.slots
    .filter((one) => (one.keptBytes ?? 0) > server.maxWalBytes || !one.active)
    .map((one): Found => ({
      level: "note",
      message: `${one.kind} slot "${one.name}" is ${one.active ? "active" : "not active"} and keeps ${one.keptBytes === undefined ? "an unknown amount" : formatBytes(one.keptBytes)} of WAL: index builds add to it.`,
      fix: `Let its reader catch up, or SELECT pg_drop_replication_slot('${one.name}') if it has none any more.`,
    })),
];

export const disk: Rule = ({ activity }) => [
  {
    level: "note",
    message: `max_wal_size is ${formatBytes(activity.server.maxWalBytes)}. How much of the disk is free, PostgreSQL does not tell: compare the estimates below with your monitoring.`,
  },
];

/** Whether the swap would have the backup that it requires now. */
export const backup: Rule = ({ backup: asked, now }) => {
  if (!asked) return [];
  const { required, found } = asked;
  const reason = explainUnprovedSwap({ requireBackupSince: required }, found, now);
  if (reason === undefined)
    return [
      {
        level: "handled",
        message: `the last backup began ${found.at ? formatInstant(found.at) : ""}: recent enough, and read again just before the swap (requireBackupSince).`,
      },
    ];
  return [
    {
      level: "blocker",
      message: `${reason}: the conversion is prepared, and not swapped.`,
      fix: "Make a backup before the swap, or correct the query.",
    },
  ];
};

export const ctid: Rule = (facts) =>
  findCtidUses(facts).map(({ where, text }) => ({
    level: "note",
    message: `${where} uses ctid, which is unique within one partition only: ${text}`,
    fix: "Add tableoid to the condition (WHERE (tableoid, ctid) = …), or use the primary key.",
  }));

/** Statements that read every partition, and COPY of the whole table. */
export const pruning: Rule = (facts) => {
  const { key, serverVersion } = facts;
  const unprunable = key ? findUnprunable(facts, key.column) : [];
  return [
    ...unprunable.slice(0, 10).map(({ where, text }): Found => ({
      level: "note",
      message: `${where} has no condition on "${key?.column ?? ""}", so it looks into every partition: ${text}`,
      fix: "Add a range of time to it where the application knows one; otherwise an index on each partition serves it, once for each.",
    })),
    ...(unprunable.length > 10
      ? [{ level: "note", message: `${unprunable.length - 10} more statements have no condition on the key.` } as const]
      : []),
    ...(serverVersion < 19
      ? findCopies(facts).map(({ where, text }): Found => ({
          level: "note",
          message: `${where} fails on a partitioned table before PostgreSQL 19: ${text}`,
          fix: "COPY (SELECT * FROM …) TO works on both.",
        }))
      : []),
  ];
};

export const statementTexts: Rule = (facts) => {
  switch (facts.texts.statistics) {
    case "read":
      return [];
    case "absent":
      return [
        {
          level: "note",
          message: `pg_stat_statements is not installed: which statements use ${nameTable(facts)} is known from functions alone (${facts.texts.functions.length > 0 ? listSome(facts.texts.functions.map((one) => one.signature)) : "none names it"}).`,
          fix: "Look through the application for ON CONFLICT, ctid, and queries without a range of time.",
        },
      ];
    case "unread":
      return [
        {
          level: "note",
          message: "pg_stat_statements is closed to the connected role, or shows it its own statements only.",
          fix: "GRANT pg_read_all_stats TO it shows all.",
        },
      ];
  }
};
