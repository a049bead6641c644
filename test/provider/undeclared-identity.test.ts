import { describe, expect, it } from "vitest";
import { testVersions } from "../support/database";
import { preview } from "../support/harness/rounds";
import { march, withTableByHand } from "./undeclared-support";
import { itAlike, firstOn } from "../support/sample";

describe.each(testVersions())("PostgreSQL %s, what is not declared", (version) => {
  const { database, deployment, byHand, adopts, rolls, equalToSiblings } = withTableByHand(version);

  it.each(
    firstOn(version, [
      ["FULL", "replica identity full", "", ""],
      [
        "USING INDEX of the table",
        "replica identity using index ",
        "one",
        "create unique index one on app.events (id, at);",
      ],
      [
        "USING INDEX of the primary key",
        "replica identity using index ",
        "pkey",
        "alter table app.events add primary key (id, at);",
      ],
    ]),
  )(
    "partitions with replica identity %s under a parent with the default one keep it, and a published table is still changed",
    async (_, words, index, table) => {
      await byHand(
        (partition) =>
          index === ""
            ? `alter table ${partition} ${words}`
            : `do $$ begin execute format('alter table ${partition} ${words}%I',
        (select c.relname from pg_index x join pg_class c on c.oid = x.indexrelid where x.indrelid = '${partition}'::regclass and x.indisunique)); end $$`,
        `${table} create publication cdc for table app.events;`,
      );
      const changed = { publications: ["cdc"] };
      const shown = await preview(database, deployment, march(changed));
      expect(shown.messages.join("\n")).not.toContain("refuses every UPDATE");
      expect(shown.messages.join("\n")).not.toContain("REPLICA IDENTITY");
      await adopts(changed);
      expect(await database.query("update app.events set note = 'y' returning 1")).toHaveLength(10);
      await rolls(changed);
      await equalToSiblings();
      await database.query("insert into app.events values (1, '2025-05-05', 'x'), (1, '2025-06-05', 'x')");
      expect(await database.query("update app.events set note = 'z' returning 1")).toHaveLength(12);
    },
  );

  itAlike(version)(
    "a partition whose identity nothing gives is named before the update, and by its name alone",
    async () => {
      await byHand(
        (partition) =>
          partition.endsWith("04")
            ? `alter table ${partition} replica identity nothing`
            : `alter table ${partition} replica identity full`,
        "create publication cdc for table app.events;",
      );
      const shown = await preview(database, deployment, march({ publications: ["cdc"] }));
      expect(shown.messages.join("\n")).toContain('nothing identifies a row of "events_p2025_04"');
      expect(shown.messages.join("\n")).toContain(
        'partitions differ in replica identity, which is not declared: full on "events_p2025_02", "events_p2025_03"; nothing on "events_p2025_04"',
      );
      await adopts({ publications: ["cdc"] });
      expect(await database.query("update app.events set note = 'y' where at < '2025-04-01' returning 1")).toHaveLength(
        10,
      );
    },
  );

  itAlike(version)(
    "a partition with a primary key of its own is created again with an identity that lets its rows be changed",
    async () => {
      await byHand(
        (partition) => `alter table ${partition} add primary key (id, at)`,
        "create publication cdc for table app.events;",
      );
      await adopts();
      const messages = await rolls();
      expect(messages.join("\n")).toContain('a new partition gets replica identity "full"');
      await database.query("insert into app.events values (1, '2025-05-05', 'x'), (1, '2025-06-05', 'x')");
      expect(await database.query("update app.events set note = 'z' returning 1")).toHaveLength(12);
    },
  );
});
