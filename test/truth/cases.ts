// Every kind of change that preview must print and judge.
import type { Case, Declared } from "./case";
import {
  branches,
  columns,
  index,
  key,
  keyTo,
  longer,
  policy,
  referring,
  rolling,
  rows,
  still,
  targets,
} from "./declarations";

const DELETE = "T1";

export const CASES: readonly Case[] = [
  {
    kind: "created with everything",
    covers: [
      "+Table",
      "+Partition",
      "+Index",
      "+RowPolicy",
      "+PublicationMember",
      "+PartitionWindow",
      "+ManagementSchema",
      "create",
      "default",
    ],
    given: targets,
    steps: [
      {
        columns: referring,
        uniques: { u: ["note", "at"] },
        checks: { positive: "id > 0" },
        foreignKeys: { f: key },
        indexes: index,
        rowSecurity: policy,
        grants: { truth_reader: ["select"] },
        replicaIdentity: "full",
        statistics: { note: 200 },
        publications: { "truth_%s": { create: true } },
        defaultPartition: {},
        comment: "a table",
      } as Declared,
    ],
  },
  {
    kind: "created with storage by age",
    covers: ["create"],
    steps: [
      {
        window: { lead: "1 month", retention: "3 months" },
        storage: { hot: { options: { fillfactor: 90 } }, cold: { after: "1 month", options: { fillfactor: 100 } } },
      },
    ],
  },
  {
    kind: "rolls, with keys to and from others",
    covers: ["create", "detach", "drop", "prepare", "~PartitionWindow", "-Partition"],
    given: targets,
    steps: [
      { columns: referring, foreignKeys: { f: key }, window: rolling },
      { columns: referring, foreignKeys: { f: key }, window: rolling },
      { columns: referring, foreignKeys: { f: key }, window: rolling },
    ],
    between: ["create table %s.child (id bigint, at timestamptz, foreign key (id, at) references %s.t (id, at));"],
  },
  {
    kind: "rolls and gets an index",
    covers: ["+Index"],
    steps: [{ window: rolling }, { window: rolling, indexes: index }, { window: rolling }],
    between: [rows],
  },
  {
    kind: "gets an index",
    covers: ["+Index", "-Index"],
    steps: [{}, { indexes: index }, {}],
    between: [rows],
  },
  {
    kind: "rolls beside a default partition",
    covers: ["default", "detach"],
    steps: [{ window: rolling, defaultPartition: {} }, { window: rolling, defaultPartition: {} }, { window: rolling }],
    says: {
      2: [/default t_default: its CHECK, which excludes the rows of attached partitions, follows them/],
      3: [/default t_default: no longer declared, and empty/],
    },
  },
  {
    kind: "gets two partitions beside a default partition",
    covers: ["create"],
    steps: [
      { window: still, defaultPartition: {} },
      { window: longer, defaultPartition: {} },
    ],
    between: ["insert into %s.t (id, at) values (1, '2026-07-05'), (2, '2026-08-05'), (3, 'infinity');"],
    // Two of the three rows move; said once.
    says: { 2: [/^(?![^]*holds \d+ rows[^]*holds \d+ rows)[^]*default partition "t_default" holds 1 rows/] },
  },
  {
    kind: "rolls with parts by hash",
    covers: ["detach"],
    steps: [
      {
        partitionBy: [
          { range: "at", every: "month" },
          { hash: "id", modulus: 2 },
        ],
        window: rolling,
      },
      {
        partitionBy: [
          { range: "at", every: "month" },
          { hash: "id", modulus: 2 },
        ],
        window: rolling,
      },
      {
        partitionBy: [
          { range: "at", every: "month" },
          { hash: "id", modulus: 2 },
        ],
        window: rolling,
        indexes: index,
      },
    ],
    resources: ["window"],
  },
  {
    kind: "gets a branch",
    covers: ["create", "trigger"],
    given: "create table %s.kinds (kind text primary key); insert into %s.kinds values ('a');",
    steps: [
      { ...branches(["a"]), window: rolling },
      { ...branches(["a", "b"]), window: rolling },
      { ...branches({ from: "%s.kinds", column: "kind", trigger: true }), window: rolling },
    ],
    resources: ["window"],
  },
  {
    kind: "gets and loses a column",
    covers: ["~Table"],
    steps: [{}, { columns: { ...columns, more: { type: "int", nullable: true } } }, { dropColumns: ["more"] }],
    between: [rows],
  },
  {
    kind: "gets and loses a check and NOT NULL",
    hasOwnWay: true,
    covers: ["~Table"],
    steps: [
      {},
      {
        columns: { id: "bigint", at: "timestamptz", note: { type: "text", default: "''" } },
        checks: { short: "note <> 'x'" },
      },
      {},
    ],
    between: [`${rows} update %s.t set note = 'a';`],
  },
  {
    kind: "gets a key, and loses it as it rolls",
    hasOwnWay: true,
    covers: ["~Table", "detach"],
    given: targets,
    steps: [
      { columns: referring, window: { lead: { until: "2026-07-01" }, retention: "2 months" } },
      { columns: referring, foreignKeys: { f: key }, window: { lead: { until: "2026-07-01" }, retention: "2 months" } },
      { columns: referring, window: rolling },
    ],
  },
  {
    kind: "refers to itself, and with another one to each other",
    covers: ["constrain"],
    steps: [{ columns: referring, foreignKeys: { self: keyTo("t"), there: keyTo("u") } }],
    beside: { columns: referring, foreignKeys: { back: keyTo("t") } },
    // ATTACH and VALIDATE lock the other table too, ADD FOREIGN KEY before PostgreSQL 18 the partitions harder: all are new.
    weaker: { 1: "a planned table does not know which planned tables refer to it" },
  },
  {
    kind: "gets another identity, statistics and comment",
    covers: ["align", "~Table"],
    steps: [
      {},
      { replicaIdentity: "full", statistics: { note: 300 }, comment: "it" },
      { replicaIdentity: "default", statistics: { note: 300 } },
    ],
  },
  {
    kind: "leaves and comes back",
    covers: ["attach", "detach"],
    given: targets,
    steps: [
      { columns: referring, foreignKeys: { f: key }, window: rolling, indexes: index },
      { columns: referring, foreignKeys: { f: key }, window: rolling, indexes: index },
      {
        columns: referring,
        foreignKeys: { f: key },
        window: { lead: "1 month", retention: "2 months" },
        indexes: index,
      },
    ],
    between: [rows],
  },
  {
    kind: "is archived and restored",
    covers: ["archive", "drop", "restore"],
    steps: [
      { window: rolling, onExpire: "archive", grace: "none", archive: { to: "%a" }, indexes: index },
      { window: rolling, onExpire: "archive", grace: "none", archive: { to: "%a" }, indexes: index },
      {
        window: rolling,
        onExpire: "archive",
        grace: "none",
        archive: { to: "%a" },
        indexes: index,
        restored: ["2026-04"],
      },
    ],
    between: [rows],
  },
  {
    kind: "gets storage, and is frozen",
    covers: ["align"],
    steps: [
      {},
      { storage: { hot: { options: { fillfactor: 90 } } } },
      { storage: { hot: { options: { fillfactor: 80 } }, cold: { after: "2 weeks", freeze: true } } },
    ],
    between: [rows],
  },
  {
    kind: "names functions for callers, and no more",
    covers: ["name", "unname"],
    steps: [{}, { functionNames: { window: "maintain_t", sizes: "sizes_of_t" } }, {}],
  },
  {
    kind: "is queried by functions, which are replaced, recreated and dropped",
    covers: ["name", "unname"],
    steps: [
      { queryFunctions: { t_since: { from: "p_from" }, t_until: { from: "p_from" } } },
      { queryFunctions: { t_since: { from: "p_from", where: "id > 0" }, t_until: { from: "p_from", to: "p_to" } } },
      {},
    ],
  },
  {
    kind: "is analyzed",
    hasOwnWay: true,
    covers: ["analyze"],
    steps: [{}, { analyze: "1 day" }],
    between: [rows],
  },
  {
    kind: "finishes a detach that was interrupted",
    covers: ["finalize"],
    steps: [{ window: rolling }, { window: rolling }],
    between: ["!interrupt %s.t_p2026_04"],
  },
  {
    kind: "was made by another tool",
    covers: ["+Table"],
    given: `create table %s.t (id bigint not null, at timestamptz not null, note text) partition by range (at);
      create table %s.t_p2026_04 partition of %s.t for values from ('2026-04-01 00:00+00') to ('2026-05-01 00:00+00');
      create table %s.t_p2026_05 partition of %s.t for values from ('2026-05-01 00:00+00') to ('2026-06-01 00:00+00');`,
    steps: [{ columns: undefined, primaryKey: undefined, indexes: index } as unknown as Declared],
  },
  {
    kind: "is destroyed",
    covers: ["-Table", "-PartitionWindow"],
    steps: [{ indexes: index }, undefined],
    unprinted: { 2: { because: DELETE, runs: [/DETACH PARTITION/, /^LOCK TABLE|^DROP TABLE/, /^DROP INDEX/] } },
  },
];
