import { quote, quoteLiteral, quoteQualified } from "../../names/identifier";
import { quoteRole, revokeWhateverText } from "../../partition/carry/security-statements";
import type { SourceSequence } from "../source";
import { quoteTable, renameForHistory } from "./attach-source";
import { type Handover, quoteFormer } from "./handover";

/**
 * Gives the new relation the sequences of the former one, at their present values. One that belongs to a column moves as it
 * is. That of an identity cannot: a new one takes its name, its settings, its value and its privileges.
 */
export function carrySequences(source: Handover): string[] {
  return source.bound.sequences.flatMap((sequence) => {
    switch (sequence.kind) {
      case "shared":
        return [];
      case "serial":
        return [
          `ALTER SEQUENCE ${quoteQualified(sequence.schema, sequence.name)} OWNED BY ${column(source, sequence)}`,
        ];
      case "identity always":
      case "identity by default":
        return carryIdentity(source, sequence);
    }
  });
}

function carryIdentity(source: Handover, sequence: SourceSequence): string[] {
  const { schema, name } = sequence;
  const former = renameForHistory(name, source.table.name, source.formerName);
  const kept = quoteQualified(schema, name);
  const old = quoteQualified(schema, former);
  const always = sequence.kind === "identity always" ? "ALWAYS" : "BY DEFAULT";
  const settings = [
    `SEQUENCE NAME ${kept}`,
    `START WITH ${sequence.start}`,
    `INCREMENT BY ${sequence.increment}`,
    `MINVALUE ${sequence.min}`,
    `MAXVALUE ${sequence.max}`,
    `CACHE ${sequence.cache}`,
    sequence.cycle ? "CYCLE" : "NO CYCLE",
  ].join(" ");
  const alter = (table: string) => `ALTER TABLE ${table} ALTER COLUMN ${quote(sequence.column)}`;
  return [
    // The rename locks the sequence: no session draws a value between the reading and the commit.
    `ALTER SEQUENCE ${kept} RENAME TO ${quote(former)}`,
    `${alter(quoteTable(source))} ADD GENERATED ${always} AS IDENTITY (${settings})`,
    `DO ${quoteLiteral(`BEGIN PERFORM pg_catalog.setval(${quoteLiteral(kept)}, last_value, is_called) FROM ${old}; END`)}`,
    `${alter(quoteFormer(source))} DROP IDENTITY`,
    revokeWhateverText(kept),
    ...grantOn(kept, sequence),
    ...(sequence.comment === undefined ? [] : [`COMMENT ON SEQUENCE ${kept} IS ${quoteLiteral(sequence.comment)}`]),
  ];
}

function column(source: Handover, sequence: SourceSequence): string {
  return `${quoteTable(source)}.${quote(sequence.column)}`;
}

/** Letters of privileges on sequences in an access list (https://www.postgresql.org/docs/current/ddl-priv.html). */
const LETTERS: Readonly<Record<string, string>> = { r: "SELECT", w: "UPDATE", U: "USAGE" };

/** Returns the grants that an access list like `{app=rU/owner}` has, without those of the owner. */
function grantOn(sequence: string, { acl = [], owner }: SourceSequence): string[] {
  return acl.flatMap((item) => {
    const parts = /^("(?:[^"]|"")*"|[^=]*)=([a-zA-Z*]*)\//.exec(item);
    if (!parts) return [];
    const [, name = "", letters = ""] = parts;
    const role = name === "" ? "public" : name.replace(/^"(.*)"$/, "$1").replaceAll('""', '"');
    if (role === owner) return [];
    return [...letters.matchAll(/([a-zA-Z])(\*?)/g)].flatMap(([, letter = "", option = ""]) => {
      const privilege = LETTERS[letter];
      if (privilege === undefined) return [];
      return [
        `GRANT ${privilege} ON SEQUENCE ${sequence} TO ${quoteRole(role)}${option === "*" ? " WITH GRANT OPTION" : ""}`,
      ];
    });
  });
}
