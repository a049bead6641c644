import type { CarriedState, ObservedPolicy } from "../observed/observed-table";

/**
 * Everything that is bound to one plain table, in addition to what {@link ObservedTable} says: what a conversion has to carry to
 * the partitioned table, and what keeps it from one. Plain data: postgres/ fills it, core decides on it.
 */
export interface ConversionSource {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: SourceKind;
  /** Tables that it inherits from, or is a partition of, and tables that inherit from it, as `schema.name`. */
  readonly parents: readonly string[];
  readonly children: readonly string[];
  /** Composite type of CREATE TABLE … OF, as `schema.name`. */
  readonly ofType?: string;
  /** Extension that owns it. */
  readonly extension?: string;
  readonly carried: CarriedState;
  /** relacl as text, in its order. Undefined: the privileges of a table that nothing was granted on. */
  readonly acl: readonly string[] | undefined;
  /** Every privilege of `acl` and of columns, the owner's included, with its grantor. */
  readonly privileges: readonly SourcePrivilege[];
  readonly columns: readonly SourceColumn[];
  readonly constraints: readonly SourceConstraint[];
  readonly indexes: readonly SourceIndex[];
  readonly triggers: readonly SourceTrigger[];
  /** Rules of the table: CREATE RULE. */
  readonly rules: readonly SourceRule[];
  /** Foreign keys that point to it, its own included. */
  readonly referring: readonly SourceReference[];
  readonly sequences: readonly SourceSequence[];
  /** Views that read it, at any depth, each after those that it reads itself. */
  readonly views: readonly SourceView[];
  /** Functions whose body is bound by oid (BEGIN ATOMIC) to the table, or to one of `views`. */
  readonly functions: readonly SourceFunction[];
  /** What uses its row type: arguments and results of functions, columns, domains. */
  readonly rowTypeUsers: readonly SourceUser[];
  /** Policies of other tables that query it. */
  readonly foreignPolicies: readonly SourcePolicy[];
  readonly statistics: readonly SourceStatistics[];
  /** Subscriptions that write to it. */
  readonly subscriptions: readonly string[];
  /** What else depends on it and is none of the above: rules of other tables, for example. */
  readonly others: readonly SourceUser[];
}

/** The first of these that applies; only the first can be converted. */
type SourceKind =
  | "plain"
  | "unlogged"
  | "catalogue"
  | "extension"
  | "temporary"
  | "partitioned"
  | "partition"
  | "typed"
  /** It inherits from another table. */
  | "inherits"
  /** Another table inherits from it. */
  | "inherited"
  /** A view, a foreign table, a sequence. */
  | "other";

export interface SourcePrivilege {
  /** Left out: the whole table. */
  readonly column?: string;
  readonly grantor: string;
  /** `public` stands for all roles. */
  readonly grantee: string;
  /** Lower case. */
  readonly privilege: string;
  readonly grantable: boolean;
}

/** Settings of a column that its type does not imply. Comment, default and identity: {@link ObservedColumn}. */
interface SourceColumn {
  readonly name: string;
  /** Qualified. Left out: that of its type. */
  readonly collation?: string;
  /** p, e, x, m. Left out: that of its type. */
  readonly storage?: string;
  /** pglz, lz4. Left out: that of the server's setting. */
  readonly compression?: string;
  readonly statistics?: number;
  readonly options?: Readonly<Record<string, string>>;
}

/** What {@link ObservedConstraint} does not say of a constraint. */
interface SourceConstraint {
  readonly name: string;
  /** `notNull` has an entry in pg_constraint from PostgreSQL 18 on. */
  readonly kind: "primary" | "unique" | "check" | "foreign" | "exclusion" | "notNull";
  readonly definition: string;
  readonly validated: boolean;
  /** False: NOT ENFORCED, PostgreSQL 18 and later. */
  readonly enforced: boolean;
  /** NO INHERIT, which a partitioned table cannot have. */
  readonly noInherit: boolean;
  readonly deferrable: boolean;
  readonly comment?: string;
}

/** What {@link ObservedIndex} does not say of an index. */
interface SourceIndex {
  readonly name: string;
  readonly bytes: number;
  readonly method: string;
  readonly partial: boolean;
  /** Columns of INCLUDE. */
  readonly included: readonly string[];
  readonly nullsNotDistinct: boolean;
  readonly clustered: boolean;
  readonly comment?: string;
  /** Left out: that of the database. */
  readonly tablespace?: string;
  /** Targets of its expressions, by the number of the column in the index. */
  readonly statistics?: Readonly<Record<string, number>>;
}

interface SourceTrigger {
  readonly name: string;
  /** pg_get_triggerdef. */
  readonly definition: string;
  readonly fires: "origin" | "always" | "replica" | "never";
  readonly level: "row" | "statement";
  readonly timing: "before" | "after" | "instead";
  /** CREATE CONSTRAINT TRIGGER. */
  readonly constraint: boolean;
  /** Names of REFERENCING OLD TABLE and NEW TABLE. */
  readonly transitionTables: readonly string[];
  /** Signature of its function, qualified. */
  readonly function: string;
  readonly comment?: string;
}

interface SourceRule {
  readonly name: string;
  /** pg_get_ruledef. */
  readonly definition: string;
}

export interface SourceReference {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  /** pg_get_constraintdef. */
  readonly definition: string;
  readonly validated: boolean;
  /** True if the referring table is this one. */
  readonly self: boolean;
  /** True if the referring table is partitioned. */
  readonly partitioned: boolean;
  /** True if the connected role has the rights of its owner. */
  readonly ours: boolean;
  readonly columns: readonly string[];
  readonly referenced: readonly string[];
  readonly comment?: string;
}

export interface SourceSequence {
  readonly schema: string;
  readonly name: string;
  readonly column: string;
  /** `serial`: owned by the column, whose default need not call it. `shared`: the default calls it, and no column of this table owns it. */
  readonly kind: "identity always" | "identity by default" | "serial" | "shared";
  readonly type: string;
  /** Numbers as text: they may exceed what a JavaScript number can hold. */
  readonly start: string;
  readonly increment: string;
  readonly min: string;
  readonly max: string;
  readonly cache: string;
  readonly cycle: boolean;
  /** Undefined: never called, or the connected role may not read it. */
  readonly last: string | undefined;
  readonly owner: string;
  readonly acl: readonly string[] | undefined;
  readonly comment?: string;
}

interface SourceView {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: "view" | "materialized";
  /** True if it reads the table itself, and not only views of it. */
  readonly direct: boolean;
  /** pg_get_viewdef: the query alone. */
  readonly definition: string;
  /** security_barrier, security_invoker, check_option; for a materialised view, storage parameters. */
  readonly options: Readonly<Record<string, string>>;
  readonly owner: string;
  /** True if the connected role has the rights of its owner. */
  readonly ours: boolean;
  readonly acl: readonly string[] | undefined;
  readonly privileges: readonly SourcePrivilege[];
  readonly comment?: string;
  /** Comments of its columns. */
  readonly columnComments: Readonly<Record<string, string>>;
  /** Rules other than the one that makes it a view. */
  readonly rules: readonly SourceRule[];
  /** pg_get_triggerdef of its INSTEAD OF triggers. */
  readonly triggers: readonly string[];
  /** pg_get_indexdef; materialised views only. */
  readonly indexes: readonly string[];
  /** Materialised views only. */
  readonly populated: boolean;
}

interface SourceFunction {
  readonly kind: "function" | "procedure";
  /** `schema.name(types)`, quoted. */
  readonly signature: string;
  /** pg_get_functiondef: CREATE OR REPLACE. */
  readonly definition: string;
  readonly owner: string;
  readonly ours: boolean;
  /** True if it names the table itself, and not only views of it. */
  readonly direct: boolean;
}

/** An object as PostgreSQL identifies it. */
interface SourceUser {
  /** `function`, `table column`, `type`, as pg_identify_object says. */
  readonly kind: string;
  readonly identity: string;
}

interface SourcePolicy extends ObservedPolicy {
  readonly schema: string;
  readonly table: string;
  /** True if the connected role has the rights of the owner of that table. */
  readonly ours: boolean;
  readonly comment?: string;
}

interface SourceStatistics {
  readonly schema: string;
  readonly name: string;
  /** pg_get_statisticsobjdef. */
  readonly definition: string;
  readonly owner: string;
  /** True if the connected role has the rights of its owner. */
  readonly ours: boolean;
  /** Undefined: the server's default. */
  readonly target?: number;
  readonly comment?: string;
}
