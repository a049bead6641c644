/** A table by schema and name as in the catalogue, unquoted. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}
