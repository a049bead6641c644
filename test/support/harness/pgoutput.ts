// A consumer of logical replication: a real slot, the server's own output plugin, and enough of its protocol to name each row.
import type { TestDatabase } from "../database";

/** One row as a subscriber gets it. Values are text; null and unchanged ones are left out. */
export interface Change {
  readonly kind: "insert" | "update" | "delete" | "truncate";
  /** `schema.table`, as the publication names it. */
  readonly relation: string;
  readonly row: Readonly<Record<string, string>>;
}

export interface Consumer {
  /** What has been sent since the last call; the slot moves on. */
  read(): Promise<Change[]>;
  drop(): Promise<void>;
}

export async function consume(database: TestDatabase, slot: string, publication: string): Promise<Consumer> {
  await database.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [slot]);
  return {
    read: async () => {
      // Only what is on disk is sent, and the servers of the tests commit before that.
      await database.query(
        "begin; set local synchronous_commit = on; select pg_logical_emit_message(true, '', ''); commit",
      );
      const messages = await database.query<{ data: Buffer }>(
        "select data from pg_logical_slot_get_binary_changes($1, null, null, 'proto_version', '1', 'publication_names', $2)",
        [slot, `"${publication}"`],
      );
      // FOR ALL TABLES has our own registry and ledger too.
      return decode(messages.map(({ data }) => data)).filter(({ relation }) => !relation.startsWith("pgpartition."));
    },
    drop: async () => void (await database.query("select pg_drop_replication_slot($1)", [slot])),
  };
}

interface Relation {
  readonly name: string;
  readonly columns: readonly string[];
}

/** https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html */
function decode(messages: readonly Buffer[]): Change[] {
  const relations = new Map<number, Relation>();
  return messages.flatMap((message) => {
    const reader = new Reader(message);
    switch (reader.letter()) {
      case "R":
        relations.set(reader.int32(), relationOf(reader));
        return [];
      case "I":
        return [changeOf("insert", relations, reader)];
      case "U":
        return [changeOf("update", relations, reader)];
      case "D":
        return [changeOf("delete", relations, reader)];
      case "T":
        return truncateOf(relations, reader);
      default:
        return [];
    }
  });
}

function relationOf(reader: Reader): Relation {
  const name = `${reader.text()}.${reader.text()}`;
  reader.letter();
  const columns = Array.from({ length: reader.int16() }, () => {
    reader.letter();
    const column = reader.text();
    reader.int32();
    reader.int32();
    return column;
  });
  return { name, columns };
}

function changeOf(kind: "insert" | "update" | "delete", relations: Map<number, Relation>, reader: Reader): Change {
  const relation = known(relations, reader.int32());
  // An update may show the old row first.
  const old = reader.letter() === "N" ? undefined : tuple(relation, reader);
  const row = kind === "delete" && old ? old : tuple(relation, reader, old !== undefined);
  return { kind, relation: relation.name, row };
}

function truncateOf(relations: Map<number, Relation>, reader: Reader): Change[] {
  const count = reader.int32();
  reader.letter();
  return Array.from({ length: count }, () => ({
    kind: "truncate" as const,
    relation: known(relations, reader.int32()).name,
    row: {},
  }));
}

function tuple(relation: Relation, reader: Reader, marked = false): Record<string, string> {
  if (marked) reader.letter();
  const row: Record<string, string> = {};
  const count = reader.int16();
  for (const column of relation.columns.slice(0, count)) {
    if (reader.letter() === "t") row[column] = reader.bytes(reader.int32());
  }
  return row;
}

function known(relations: Map<number, Relation>, oid: number): Relation {
  const relation = relations.get(oid);
  if (!relation) throw new Error(`the stream has a row of relation ${String(oid)}, which it did not describe`);
  return relation;
}

class Reader {
  private at = 0;

  constructor(private readonly data: Buffer) {}

  letter(): string {
    return String.fromCharCode(this.data.readUInt8(this.at++));
  }

  int16(): number {
    this.at += 2;
    return this.data.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.data.readInt32BE(this.at - 4);
  }

  text(): string {
    const end = this.data.indexOf(0, this.at);
    const text = this.data.toString("utf8", this.at, end);
    this.at = end + 1;
    return text;
  }

  bytes(length: number): string {
    this.at += length;
    return this.data.toString("utf8", this.at - length, this.at);
  }
}
