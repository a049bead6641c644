import type { Observation } from "../../observed/observed-table";
import { listWholeTree } from "../../partition/branch/desired-branches";
import type { Problem } from "../../problems/problem";
import type { CopyObstacle } from "../copy/copy-problems";
import { findReopenObstacles } from "../copy/copy-problems";
import { describePresent } from "../copy/copy-source";
import type { OpenSource } from "./open-source";

interface OpenFacts {
  readonly source: Pick<OpenSource, "table" | "bound" | "primaryKey">;
  readonly replication: Observation["replication"];
  readonly superuser: boolean;
  /** Relations that all sessions of the server together can hold locked. */
  readonly lockCapacity: number;
  /** Statements by which an administrator gives the connected role what it lacks. */
  readonly missingRights: readonly string[];
}

/** Returns everything that keeps a way back from being opened. */
export function findOpenProblems(facts: OpenFacts): Problem[] {
  const { source, missingRights } = facts;
  const { table } = source;
  const name = `"${table.schema}.${table.name}"`;
  const rights: CopyObstacle[] =
    missingRights.length === 0
      ? []
      : [
          {
            message: `role "${table.rights.role}" may not open a way back of ${name}.`,
            fix: `An administrator has to run: ${missingRights.join("; ")}`,
          },
        ];
  const parts = listWholeTree(table).flatMap(
    ({ name: partition, foreign, detachPending, splitting }): CopyObstacle[] => [
      ...(foreign
        ? [
            {
              message: `partition "${partition}" is a foreign table, whose rows are not in this database.`,
              fix: "Detach it first",
            },
          ]
        : []),
      ...(detachPending
        ? [
            {
              message: `partition "${partition}" is half detached.`,
              fix: "Let one update end that, without openWayBack",
            },
          ]
        : []),
      ...(splitting
        ? [
            {
              message: `partition "${partition}" is being split, and its changes are captured for that.`,
              fix: `Let that end; or give it up: pgpartition convert give-up ${table.schema}.${partition} --yes`,
            },
          ]
        : []),
    ],
  );
  const obstacles = findReopenObstacles({ ...facts, ...source, partitions: describePresent(table) });
  return [...rights, ...parts, ...obstacles].map(({ message, fix }) => ({
    path: "convertFrom.openWayBack",
    code: "conflict",
    message,
    fix: `${fix}; or remove openWayBack.`,
  }));
}
