/** A table as PostgreSQL finds it: both parts as they are in the catalogue, unquoted. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}
