// What an update really ran, and the locks that its session held at the end of each DDL statement: both from the server's log.
import { LOCK_MODES, type LockMode } from "../../core/sql/statement";
import { serverLogDuring } from "../support/statement-log";
import type { TestDatabase } from "../support/database";

/** One statement that took effect, on one line. */
interface RanStatement {
  readonly sql: string;
  /** Locks of the session at its end, by relation; undefined: it fires no event trigger. */
  locks: ReadonlyMap<string, LockMode> | undefined;
}

/** Statements of one transaction; a statement that ran alone is one of its own. */
export type RanTransaction = readonly RanStatement[];

const MARK = "pgpartition_truth";

/**
 * Writes the locks of each session of the product to the server's log at the end of each DDL statement, inside the very
 * transaction. Locks on the management schema are bookkeeping.
 */
export async function watchLocks(database: TestDatabase): Promise<void> {
  await database.query(`
    create function testing.tell_locks() returns event_trigger language plpgsql as $$
    declare
      told text;
    begin
      if current_setting('application_name') not like 'pulumi-pgpartition%' then return; end if;
      select coalesce(json_agg(json_build_array(l.relation::text, replace(l.mode, 'Lock', ''), n.nspname || '.' || c.relname, c.relkind)), '[]')::text
      into told
      from pg_locks l
      left join pg_class c on c.oid = l.relation
      left join pg_namespace n on n.oid = c.relnamespace
      where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted
        and l.database = (select d.oid from pg_database d where d.datname = current_database())
        and (n.nspname is null or n.nspname !~ '^(pg_|information_schema$|pgpartition$|testing$)');
      raise log '${MARK} %', told;
    end $$;
    create event trigger tell_locks on ddl_command_end execute function testing.tell_locks()`);
}

/** Runs an update and returns what took effect, in order of each transaction's end. */
export async function observe(
  database: TestDatabase,
  body: () => Promise<unknown>,
): Promise<readonly RanTransaction[]> {
  const relations = await database.query<{ oid: string; name: string; kind: string }>(
    "select c.oid::text as oid, n.nspname || '.' || c.relname as name, c.relkind as kind from pg_class c join pg_namespace n on n.oid = c.relnamespace",
  );
  const known = new Map(relations.map(({ oid, name, kind }): [string, Relation] => [oid, { name, kind }]));
  return new LogReader(known).read(await serverLogDuring(database, body), database.database);
}

interface Relation {
  readonly name: string;
  readonly kind: string;
}

/** log_line_prefix of global-setup.ts; the second and later lines of an entry begin with a tab. */
const ENTRY = /^\S+ \S+ \S+ \[(\d+)\] (.*)@(\S+) (LOG|ERROR|FATAL): {2}(.*(?:\n\t.*)*)/gm;
const STATEMENT = /^(?:statement|execute [^:]*): ([^]*)$/;

class LogReader {
  private readonly done: RanTransaction[] = [];
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly relations: Map<string, Relation>) {}

  read(log: string, database: string): readonly RanTransaction[] {
    for (const [, pid = "", application = "", of, level, text = ""] of log.matchAll(ENTRY)) {
      if (of !== database || !application.startsWith("pulumi-pgpartition")) continue;
      const session = this.sessions.get(pid) ?? new Session((one) => this.done.push(one));
      this.sessions.set(pid, session);
      const line = text.replaceAll("\n\t", "\n");
      const sql = STATEMENT.exec(line)?.[1];
      if (level !== "LOG") session.fail();
      else if (line.startsWith(MARK)) session.hold(this.parseLocks(line.slice(MARK.length)));
      else if (sql !== undefined) session.begin(toLine(sql));
    }
    for (const session of this.sessions.values()) session.end();
    return this.done;
  }

  /** Locks on tables and views; those on an index only where no table is locked as hard. */
  private parseLocks(json: string): Map<string, LockMode> {
    const strongest = new Map<string, LockMode>();
    for (const [oid, mode, name, kind] of JSON.parse(json) as [string, string, string | null, string | null][]) {
      const relation = name === null ? this.relations.get(oid) : { name, kind: kind ?? "" };
      if (!relation) continue;
      this.relations.set(oid, relation);
      if (!["r", "p", "f", "v"].includes(relation.kind)) continue;
      const spelled = mode.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toUpperCase() as LockMode;
      strongest.set(relation.name, stronger(strongest.get(relation.name), spelled));
    }
    return strongest;
  }
}

/** One session of the product: its transaction so far. */
class Session {
  private open: RanStatement[] | undefined;
  private alone: RanStatement | undefined;
  private failed = false;

  constructor(private readonly add: (transaction: RanTransaction) => void) {}

  begin(sql: string): void {
    this.end();
    if (/^(begin|start transaction)\b/i.test(sql)) this.open = [];
    else if (/^commit\b/i.test(sql)) this.close(!this.failed);
    else if (/^rollback\b/i.test(sql)) this.close(false);
    else if (!changesSomething(sql)) return;
    else if (this.open) this.open.push({ sql, locks: undefined });
    else this.alone = { sql, locks: undefined };
  }

  hold(locks: Map<string, LockMode>): void {
    const last = this.open?.at(-1) ?? this.alone;
    if (last) last.locks = locks;
  }

  fail(): void {
    this.failed = true;
    this.alone = undefined;
  }

  /** What ran alone has taken effect when the next statement comes without an error. */
  end(): void {
    if (this.alone) this.add([this.alone]);
    this.alone = undefined;
    if (!this.open) this.failed = false;
  }

  private close(effective: boolean): void {
    if (effective && this.open && this.open.length > 0) this.add(this.open);
    this.open = undefined;
    this.failed = false;
  }
}

export function stronger(one: LockMode | undefined, other: LockMode): LockMode {
  return one !== undefined && LOCK_MODES.indexOf(one) >= LOCK_MODES.indexOf(other) ? one : other;
}

/** As preview prints it. */
function toLine(sql: string): string {
  return sql
    .replace(/^(--[^\n]*\n)*/, "")
    .trim()
    .replace(/\n\s*/g, " ");
}

/** Not a read, a setting, an advisory lock, or the product's own bookkeeping. */
function changesSomething(sql: string): boolean {
  if (/pg_temp\.pgpartition_(?!moved)|CREATE TEMPORARY TABLE (?!pgpartition_moved)/i.test(sql)) return false;
  if (/^select count\(\*\) from (only )?"/i.test(sql)) return true;
  if (/^select "pgpartition"\.(fence|unfence|keep_read_only)\(|^select cron\./i.test(sql)) return true;
  if (/^(insert into|update|delete from|with \w+ as) "?pgpartition"?\./i.test(sql)) return false;
  if (/"?pgpartition"?\.(registry|ledger|prepared|assert_|archive_)/.test(sql)) return false;
  return /^(create|alter|drop|insert|update|delete|truncate|grant|revoke|comment|lock table|vacuum|analyze|reindex|copy|with|do)\b/i.test(
    sql,
  );
}
