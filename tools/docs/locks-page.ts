// docs/reference/locks.md: hazards, time-outs, and the locks of every operation.
import {
  DEFAULT_LOCK_BUDGET_MS,
  DEFAULT_LOCK_TIMEOUT_MS,
  DEFAULT_STATEMENT_TIMEOUT_MS,
  DEFAULT_WAIT_BUDGET_MS,
} from "../../core/defaults";
import { HAZARDS, LOCK_MODES } from "../../core/sql/statement";
import { OPERATIONS, operationTable } from "./lock-rows";
import { code, list, type Page, page, section, table } from "./markdown";

export function locksPage(): Page {
  return page("docs/reference/locks.md", "Statements, locks and hazards", [
    "The same statements that preview prints and `up` runs, here for a table `events` with one index and a foreign key to `accounts`; without foreign keys the column `referenced` is omitted.",
    "A `…` in a COPY stands for columns and ranges: it is shown once, and run once for each part of an archive.",
    "A lock on a referenced or referring table that is partitioned reaches its partitions too.",
    "Locks on tables that no other session can see yet are left out. Bookkeeping in the management schema (registry, ledger) is not shown.\n",
    section(
      "Time-outs",
      list([
        `**strong**: stops others while it waits, so it waits at most lock_timeout (${DEFAULT_LOCK_TIMEOUT_MS} ms), gives way and tries again with jitter, ${DEFAULT_LOCK_BUDGET_MS / 1000} s in all; then the blocker is named and the step fails. statement_timeout is ${DEFAULT_STATEMENT_TIMEOUT_MS / 1000} s. The detach in its concurrent form waits for old transactions first, holding nothing.`,
        `**waiting**: stops no session and may take long (${DEFAULT_WAIT_BUDGET_MS / 3_600_000} h in all), because cut half-way it leaves something behind.`,
        "**light**: takes nothing that another session waits for.",
      ]),
    ),
    ...Object.values(OPERATIONS).map((operation) => section(operation.title, operationTable(operation))),
    section(
      "Hazards",
      table(
        ["code", "what can be noticed"],
        Object.entries(HAZARDS).map(([name, text]) => [code(name), text]),
      ),
    ),
    section(
      "Lock modes, weakest first",
      `${LOCK_MODES.map(code).join(", ")} ([PostgreSQL's table of conflicts](https://www.postgresql.org/docs/current/explicit-locking.html)).`,
    ),
  ]);
}
