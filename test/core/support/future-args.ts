import type { LevelArgs, TableSpecArgs } from "../../../core/spec/args";
import type { Span } from "../../../core/time/span";

/**
 * The whole spec as it is planned. Fields are only added and unions only widened, so
 * that every program of today stays valid: tsc checks that below, and docs/seeds.md is checked against this type.
 */
export interface FutureTableSpecArgs extends Omit<TableSpecArgs, "partitionBy" | "onExpire"> {
  readonly partitionBy: readonly FutureLevelArgs[];
  readonly onExpire: TableSpecArgs["onExpire"] | "archive";
  readonly archive?: { readonly bucket: string; readonly prefix?: string; readonly after?: Span };
  readonly holds?: readonly { readonly interval: string; readonly reason: string }[];
  readonly restored?: readonly string[];
  readonly rowSecurity?: {
    readonly enable: boolean;
    readonly force?: boolean;
    readonly policies?: Readonly<Record<string, PolicyArgs>>;
    readonly copyFrom?: string;
    readonly leafAccess?: "revoke" | "same";
  };
  readonly grants?: readonly { readonly to: string; readonly privileges: readonly string[] }[];
  readonly publications?: readonly string[];
  readonly schedule?: { readonly job?: string; readonly cron: string };
  readonly functionNames?: Readonly<Record<string, string>>;
  readonly queryFunctions?: Readonly<Record<string, QueryFunctionArgs>>;
  readonly defaultPartition?: { readonly name: string };
  readonly storage?: Readonly<Record<string, string | number>>;
  readonly replicaIdentity?: "default" | "full" | { readonly index: string };
  readonly statistics?: Readonly<Record<string, readonly string[]>>;
  readonly tablespace?: string;
  readonly migrateFrom?: {
    readonly table: string;
    readonly staging?: string;
    readonly parked?: string;
    readonly history?: Span;
  };
}

export type FutureLevelArgs =
  (LevelArgs & { readonly overrides?: readonly OverrideArgs[] }) | ListLevelArgs | HashLevelArgs;

export interface ListLevelArgs {
  readonly list: string;
  readonly values:
    | readonly string[]
    | { readonly from: string; readonly column: string; readonly where?: string; readonly parent?: string };
  readonly slug?: boolean;
  readonly name: string;
}

export interface HashLevelArgs {
  readonly hash: string;
  readonly modulus: number;
  readonly name: string;
}

/** Another interval below some values of the levels above. */
export interface OverrideArgs extends Pick<LevelArgs, "every" | "grid" | "name"> {
  readonly when: Readonly<Record<string, string>>;
}

export interface PolicyArgs {
  readonly for?: "all" | "select" | "insert" | "update" | "delete";
  readonly to?: readonly string[];
  readonly using?: string;
  readonly check?: string;
}

export interface QueryFunctionArgs {
  readonly arguments: Readonly<Record<string, string>>;
  readonly where: string;
}

/** Fails to compile on the day when a program of today would no longer be one of tomorrow. */
export const GROWS: (args: TableSpecArgs) => FutureTableSpecArgs = (args) => args;
