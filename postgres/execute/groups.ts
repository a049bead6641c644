import type { Statement } from "../../core/sql/statement";

/** Statements that run in one transaction, or one that runs outside of any. */
export interface Group {
  readonly label: string | undefined;
  readonly statements: readonly [Statement, ...Statement[]];
}

/** Groups consecutive statements with the same label. */
export function groupStatements(statements: readonly Statement[]): Group[] {
  const groups: { label: string | undefined; statements: [Statement, ...Statement[]] }[] = [];
  for (const statement of statements) {
    const last = groups.at(-1);
    if (last !== undefined && last.label !== undefined && last.label === statement.transaction)
      last.statements.push(statement);
    else groups.push({ label: statement.transaction, statements: [statement] });
  }
  return groups;
}
