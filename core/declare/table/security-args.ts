/** Privileges on a table. `maintain` exists from PostgreSQL 17 on. */
export type Privilege = "select" | "insert" | "update" | "delete" | "truncate" | "references" | "trigger" | "maintain";

/** Row-level security of a table and of its partitions, which PostgreSQL does not hand down. */
export interface RowSecurityArgs {
  /** Whether row-level security is on. Switching it takes ACCESS EXCLUSIVE on the table for an instant. @default true */
  readonly enable?: boolean;
  /** Whether it holds for the owner of the table as well. The owner's own exports then see only what policies allow. @default false */
  readonly force?: boolean;
  /** The policies by name, and no others: one that is not declared is dropped, and preview says so. Not together with `copyFrom`. */
  readonly policies?: Readonly<Record<string, PolicyArgs>>;
  /** Takes the policies of another table, `schema.table` or `table` in the same schema; followed when they change there. */
  readonly copyFrom?: string;
  /**
   * What a role sees that names a partition instead of the table. `closed`: nothing; row security is on without a policy,
   * and nobody but the owner has a privilege. `mirror`: what it sees through the table; policies and grants are copied.
   *
   * @default "closed"
   */
  readonly leafAccess?: "closed" | "mirror";
}

/** One row-level security policy, as CREATE POLICY takes it. */
export interface PolicyArgs {
  /** Command that the policy is for. @default "all" */
  readonly command?: "all" | "select" | "insert" | "update" | "delete";
  /** Roles that it is for. @default ["public"] */
  readonly roles?: readonly string[];
  /** Which rows may be seen, changed or deleted: one SQL expression. @example "company_id = current_setting('app.company')::uuid" */
  readonly using?: string;
  /** Which rows may be written: one SQL expression. @default that of `using` */
  readonly withCheck?: string;
  /** Whether it narrows what the permissive policies allow. @default false */
  readonly restrictive?: boolean;
}
