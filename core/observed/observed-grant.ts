// Privileges on a table, as the catalogue has them.
import type { Privilege } from "../declare/table/security";

/** One privilege of one role, on the whole table or on some columns. */
export interface HeldPrivilege {
  /** `public` stands for all roles. */
  readonly role: string;
  /** Lower case. */
  readonly privilege: string;
  /** Left out: the whole table. */
  readonly columns?: readonly string[];
  /** True if the role may grant it to others. */
  readonly grantable: boolean;
}

/** A privilege that default privileges grant on tables created by one role. */
export interface DefaultGrant extends HeldPrivilege {
  readonly maker: string;
  /** Left out: in every schema. */
  readonly schema?: string;
}

export interface ObservedGrant {
  /** `public` stands for all roles. */
  readonly role: string;
  /** Granted by the owner on the whole table. Lower case, sorted. */
  readonly privileges: readonly Privilege[];
  /** Held in another way: on single columns, or granted by a role with the grant option. */
  readonly others?: readonly Privilege[];
  /** Privileges that the role may grant to others. */
  readonly grantable?: readonly string[];
}
