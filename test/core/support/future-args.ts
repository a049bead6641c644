import type { TableSpecArgs } from "../../../core/declare/table/args";
import type { Span } from "../../../core/time/span";

/**
 * The whole spec as it is planned. Fields are only added and unions only widened, so
 * that every program of today stays valid: tsc checks that below, and docs/seeds.md is checked against this type.
 */
export interface FutureTableSpecArgs extends TableSpecArgs {
  readonly migrateFrom?: {
    readonly table: string;
    readonly staging?: string;
    readonly parked?: string;
    readonly history?: Span;
  };
}

/** Fails to compile on the day when a program of today would no longer be one of tomorrow. */
const _GROWS: (args: TableSpecArgs) => FutureTableSpecArgs = (args) => args;
