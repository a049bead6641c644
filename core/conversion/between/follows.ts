/**
 * Setting of a transaction by which the trigger of a former table knows the one that keeps it current: the oid of that table. It guards
 * against accidents, not against an attacker: each role that may write to the table may set it.
 */
export const FOLLOWS = "pgpartition.follows";
