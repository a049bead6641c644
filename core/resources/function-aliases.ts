import { z } from "zod";
import { functionAliasesWireSchema } from "../declare/schedule/function-names";
import { ENCODING, MANAGEMENT } from "./notes";
import { resourceType } from "./resource-type";

export const functionAliasesType = resourceType({
  name: "FunctionAliases",
  description:
    "Functions and views under the names that callers of a table use already: thin ones over those of the management schema, which run with the rights of their caller. One of such a name that is not ours is refused; one that is not declared any more is dropped.",
  inputs: functionAliasesWireSchema,
  facts: z.object({ functions: z.array(z.string()) }),
  texts: {
    aliasSchema: "Schema of the functions and views.",
    names: "The names by what they stand for.",
    functions: "What was made, with the types of the arguments.",
  },
  names: { names: "FunctionNames" },
  notes: {
    imports: `The id is \`schema.table\`: \`pulumi import pgpartition:index:FunctionAliases events-functions public.events\`. ${ENCODING} Not needed: functions that the registry knows as ours are found again when they are declared; others of these names are refused, and have to be renamed or dropped first.`,
    operations: [],
    locks: "None that others see: it makes and drops functions and views of its own.",
    rights: [
      "CREATE on the schema of the names.",
      "Callers need what they call for: EXECUTE on the function, USAGE on the management schema, EXECUTE and SELECT there, and for `ensure`, `window` and `analyze` the ownership of the table. [The schedule](../schedule.md#rights) has the statements.",
      MANAGEMENT,
    ],
    limits: [
      "Told by their oids, never by their names: a function that another role created under the name is refused.",
      "Only the owner may call one before it is granted. None is SECURITY DEFINER.",
      "`window` runs in the transaction of its caller, who holds its locks until the end; the schedule itself commits after each partition.",
    ],
  },
  ofTable: ({ functionNames }) => (functionNames ? [{ suffix: "functions", inputs: functionNames }] : []),
});
