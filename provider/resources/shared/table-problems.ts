import { quote, quoteLiteral } from "../../../core/names/identifier";
import type { Observation } from "../../../core/observed/observed-table";
import type { Problem as CoreProblem } from "../../../core/problems/problem";
import { formatKnownRows } from "../../../core/plan/report/counts";
import { listDroppedWithTable } from "../../../core/plan/retire/dropped-with-table";
import { formatBytes } from "../../../core/size";
import { findTableProblems } from "../../../core/table/compare/compare";
import type { TableShape } from "../../../core/declare/table/spec";
import type { TableWire } from "../../../core/declare/table/wire";
import { listMissingRights } from "../../../postgres/read/rights";
import { Refusal } from "../../runtime/failures";
import type { PropertyMap } from "../../runtime/values";
import { refuse } from "./inputs";

/** Returns the problems that prevent management of a table, from one observation. */
export function findOwnershipProblems(
  table: { schema: string; table: string },
  observation: Observation,
  owner: string,
): CoreProblem[] {
  const registration = observation.registration;
  const name = `"${table.schema}.${table.table}"`;
  if (registration?.mode === "released") {
    return [
      {
        path: "table",
        code: "ownership",
        message: `${name} was released (by \`pgpartition release\`) and is unmanaged.`,
        fix: `Remove it from the program, or claim it: pgpartition claim ${table.schema}.${table.table} --stack ${owner}`,
      },
    ];
  }
  if (registration && registration.owner !== owner) {
    return [
      {
        path: "table",
        code: "ownership",
        message: `${name} is managed by stack "${registration.owner}", and this is stack "${owner}".`,
        fix: `Remove it from one of the two programs, or move it: pgpartition claim ${table.schema}.${table.table} --stack ${owner}`,
      },
    ];
  }
  return findPartmanProblems(table, observation.partman);
}

/** Refuses a second tool that creates and drops partitions of the table: they conflict, and pg_partman has none of our guards. */
function findPartmanProblems(table: { schema: string; table: string }, partman: string | undefined): CoreProblem[] {
  if (partman === undefined) return [];
  const config = `${quote(partman)}.part_config`;
  const parent = quoteLiteral(`${table.schema}.${table.table}`);
  return [
    {
      path: "table",
      code: "ownership",
      message: `"${table.schema}.${table.table}" is managed by pg_partman as well: ${config} has a row for it.`,
      fix: `Remove it from pg_partman: DELETE FROM ${config} WHERE parent_table = ${parent}; its partitions remain and are adopted. Or leave it to pg_partman: remove it from the program, after \`pgpartition release ${table.schema}.${table.table}\` if it was managed here.`,
    },
  ];
}

/** Throws with every reason if the table cannot be managed as declared. */
export function requireNoProblems(shape: TableShape, observation: Observation, owner: string): void {
  const problems = findOwnershipProblems(shape, observation, owner);
  if (problems.length > 0) refuse(`table "${shape.schema}.${shape.table}"`, problems);
  if (!observation.table) {
    if (shape.columns) return;
    throw new Refusal(
      `table "${shape.schema}.${shape.table}" does not exist, and no columns are declared: another tool owns it. ` +
        "Let that tool create it first (partitioned), or declare columns",
    );
  }
  const found = [...findTableProblems(shape, observation.table), ...findRightsProblems(observation.table)];
  if (found.length > 0) refuse(`table "${shape.schema}.${shape.table}"`, found);
}

function findRightsProblems(table: NonNullable<Observation["table"]>): CoreProblem[] {
  const missing = listMissingRights(table);
  if (missing.length === 0) return [];
  return [
    {
      path: "table",
      code: "privileges",
      message: `role "${table.rights.role}" may not manage "${table.schema}.${table.name}".`,
      fix: `An administrator has to run: ${missing.join("; ")}`,
    },
  ];
}

/** Explains why a destroy is refused: what would be lost, and three ways to resolve it. */
export function refuseDestroy(table: { schema: string; table: string }, observation: Observation): Refusal {
  const name = `${table.schema}.${table.table}`;
  return new Refusal(
    `table "${name}" is not destroyed: ${describeHoldings(observation)}. To drop it with everything in it, set allowDestroy: ["${name}"], ` +
      `an argument of PartitionedDatabase and of the Provider, and run \`pulumi up\` once before the destroy. To keep it and remove it only from the state, run \`pgpartition release ${name}\` first. ` +
      "If it was only renamed in the program, give the new name an alias of the old one",
  );
}

export function describeHoldings(observation: Observation): string {
  const partitions = listDroppedWithTable(observation);
  const bytes = partitions.reduce((sum, one) => sum + one.bytes, 0);
  const detached = partitions.length - (observation.table?.partitions.length ?? 0);
  const left = detached > 0 ? `, ${detached} of them detached` : "";
  const where = `${partitions.length} ${partitions.length === 1 ? "partition" : "partitions"}${left}`;
  if (partitions.every(({ rows }) => rows === 0)) return `it holds no rows in ${where}`;
  return `it holds ${formatKnownRows(partitions)} (${formatBytes(bytes)}) in ${where}`;
}

export function findTableRenameProblems(olds: PropertyMap, wire: TableWire): CoreProblem[] {
  return (["schema", "table"] as const).flatMap((property) =>
    olds[property] === wire[property]
      ? []
      : [
          {
            path: property,
            code: "table-mismatch" as const,
            message: `the ${property} of this resource changed from "${String(olds[property])}" to "${wire[property]}"; a table with data is not renamed or replaced.`,
            fix: "Rename it with ALTER TABLE and the resource with an alias, or declare the new table next to the old one.",
          },
        ],
  );
}
