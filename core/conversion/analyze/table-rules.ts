import { quote, quoteQualified } from "../../names/identifier";
import { type Found, listSome, nameTable, type Rule } from "./finding";

/** Only an ordinary table can become a partition as it is. */
export const kind: Rule = (facts) => {
  const { source, table } = facts;
  const name = nameTable(facts);
  const target = quoteQualified(table.schema, table.name);
  const block = (message: string, fix: string): readonly Found[] => [{ level: "blocker", message, fix }];
  switch (source.kind) {
    case "plain":
      return [];
    case "unlogged":
      return block(
        `${name} is unlogged: it is empty after a crash of the server, and on every standby.`,
        `ALTER TABLE ${target} SET LOGGED, which rewrites it under ACCESS EXCLUSIVE; or declare a partitioned table of another name and load it.`,
      );
    case "catalogue":
      return block(`${name} belongs to the server.`, "Leave it as it is.");
    case "extension":
      return block(
        `${name} belongs to the extension "${source.extension ?? ""}", whose updates expect it as it is.`,
        `Leave it to the extension, or take it out: ALTER EXTENSION ${quote(source.extension ?? "")} DROP TABLE ${target}.`,
      );
    case "temporary":
      return block(`${name} is temporary: it ends with its session.`, "Convert a permanent table.");
    case "partitioned":
      return block(`${name} is partitioned already.`, "Run pgpartition adopt to manage it.");
    case "partition":
      return block(
        `${name} is a partition of ${listSome(source.parents)}.`,
        "Convert that table, or detach this one first.",
      );
    case "typed":
      return block(
        `${name} is bound to the type "${source.ofType ?? ""}" (CREATE TABLE … OF), and PostgreSQL attaches no such table.`,
        `ALTER TABLE ${target} NOT OF, which reads no row.`,
      );
    case "inherits":
      return block(
        `${name} inherits from ${listSome(source.parents)}, and PostgreSQL attaches no such table.`,
        `ALTER TABLE ${target} NO INHERIT …, after which queries of the parent no longer see its rows.`,
      );
    case "inherited":
      return block(
        `${listSome(source.children)} inherit${source.children.length > 1 ? "" : "s"} from ${name}, and PostgreSQL attaches no such table.`,
        "Take the children out (ALTER TABLE … NO INHERIT). If they hold parts by time, each can be attached as a partition of its own.",
      );
    case "other":
      return block(`${name} is no table.`, "Name a plain table.");
  }
};

export const managed: Rule = (facts) =>
  facts.managedBy === undefined
    ? []
    : [
        {
          level: "note",
          message: `${nameTable(facts)} is registered by ${facts.managedBy}, so a partitioned table of this name was managed before.`,
          fix: "If it is no longer, pgpartition release frees the name.",
        },
      ];

/** The role has to own the table, and make others beside it. */
export const rights: Rule = ({ table, missingRights }) =>
  missingRights.length === 0
    ? []
    : [
        {
          level: "blocker",
          message: `role "${table.rights.role}" may not convert "${table.schema}.${table.name}", which belongs to "${table.owner}".`,
          fix: `An administrator runs: ${missingRights.join("; ")}.`,
        },
      ];

/** A subscription names the table by oid, and skips the changes of one that it does not know, without an error. */
export const subscription: Rule = ({ source, table }) =>
  source.subscriptions.map((name) => ({
    level: "blocker",
    message: `subscription "${name}" writes to "${table.schema}.${table.name}". It knows the table by its oid: after the swap it would skip every change, without an error.`,
    fix: `Convert it while the subscription is off: ALTER SUBSCRIPTION ${quote(name)} DISABLE; drop the table from its publication and refresh; convert; add it again and refresh WITH (copy_data = false).`,
  }));

export const rules: Rule = ({ source, table }) =>
  source.rules.map(({ name }) => ({
    level: "blocker",
    message: `rule "${name}" rewrites statements on "${table.schema}.${table.name}", and does so for its partitions only where they are named.`,
    fix: `Write it as a trigger, then DROP RULE ${quote(name)} ON ${quoteQualified(table.schema, table.name)}.`,
  }));

/** The row type goes with the old table: what uses it would go on expecting rows of that one. */
export const rowType: Rule = ({ source, table }) =>
  source.rowTypeUsers.length === 0
    ? []
    : [
        {
          level: "blocker",
          message: `${source.rowTypeUsers.map((one) => `${one.kind} ${one.identity}`).join(", ")} use${source.rowTypeUsers.length > 1 ? "" : "s"} the row type of "${table.schema}.${table.name}", which stays that of the old table.`,
          fix: "Write functions with RETURNS TABLE (…) or with a composite type of their own, and give columns such a type; drop the old ones.",
        },
      ];

/** What is bound by oid and has no rule of its own. */
export const bound: Rule = ({ source, table }) =>
  source.others.length === 0
    ? []
    : [
        {
          level: "blocker",
          message: `${source.others.map((one) => `${one.kind} ${one.identity}`).join(", ")} ${source.others.length > 1 ? "are" : "is"} bound to "${table.schema}.${table.name}" and would go on with the old table.`,
          fix: "Drop it before the conversion and make it again afterwards, or write a rule as a trigger.",
        },
      ];
