/** Privileges on a table. `maintain` exists in PostgreSQL 17 and later. */
export type Privilege = "select" | "insert" | "update" | "delete" | "truncate" | "references" | "trigger" | "maintain";

/** Row-level security of a table and of its partitions, to which PostgreSQL does not pass it on. */
export interface RowSecurityArgs {
  /** True to enable row-level security. Switching it takes ACCESS EXCLUSIVE on the table for an instant. @default true */
  readonly enable?: boolean;
  /**
   * True to apply it to the owner of the table as well. The owner's own exports then see only what policies allow. @default false
   */
  readonly force?: boolean;
  /** The complete list of policies by name: an undeclared one is dropped, and preview shows it. Not together with `copyFrom`. */
  readonly policies?: Readonly<Record<string, PolicyArgs>>;
  /** Copies the policies of another table, `schema.table` or `table` in the same schema, and follows their changes. */
  readonly copyFrom?: string;
  /**
   * Access of a role that names a partition instead of the table. `closed`: none; row security is on without a policy, and only
   * the owner has privileges. `mirror`: the same as through the table; policies and grants are copied.
   *
   * @default "closed"
   */
  readonly partitionAccess?: "closed" | "mirror";
}

/** One row-level security policy, as CREATE POLICY takes it. */
export interface PolicyArgs {
  /** Command that the policy is for. @default "all" */
  readonly command?: "all" | "select" | "insert" | "update" | "delete";
  /** Roles that it is for. @default ["public"] */
  readonly roles?: readonly string[];
  /**
   * Rows that may be seen, changed or deleted: one SQL expression. @example "company_id = current_setting('app.company')::uuid"
   */
  readonly using?: string;
  /** Rows that may be written: one SQL expression. @default that of `using` */
  readonly withCheck?: string;
  /** True to restrict what the permissive policies allow. @default false */
  readonly restrictive?: boolean;
}
