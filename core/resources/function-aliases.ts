import { z } from "zod";
import { functionAliasesWireSchema } from "../declare/schedule/function-names";
import { ENCODING, MANAGEMENT } from "./notes";
import { resourceType } from "./resource-type";

export const functionAliasesType = resourceType({
  name: "FunctionAliases",
  description:
    "Functions and views under the names that callers of a table use already: wrappers of those of the management schema, which run with the rights of their caller. An unmanaged one of such a name is refused; one that is no longer declared is dropped.",
  inputs: functionAliasesWireSchema,
  facts: z.object({ functions: z.array(z.string()) }),
  texts: {
    aliasSchema: "Schema of the functions and views.",
    names: "The names by what they call.",
    functions: "The created ones, with the types of the arguments.",
  },
  names: { names: "FunctionNames" },
  notes: {
    imports: `The id is \`schema.table\`: \`pulumi import pgpartition:index:FunctionAliases events-functions public.events\`. ${ENCODING} Not needed: functions in the registry are found again when they are declared; others of these names are refused, and must be renamed or dropped first.`,
    operations: [],
    locks: "None that other sessions see: it creates and drops only its functions and views.",
    rights: [
      "CREATE on the schema of the names.",
      "Callers need the rights of their calls: EXECUTE on the function, USAGE on the management schema, EXECUTE and SELECT there, and for `ensure`, `window` and `analyze` the ownership of the table. [The schedule](../schedule.md#rights) has the statements.",
      MANAGEMENT,
    ],
    limits: [
      "Identified by oid, never by name: a function that another role created under the name is refused.",
      "Only the owner may call one before it is granted. None is SECURITY DEFINER.",
      "`window` runs in the transaction of its caller, which holds its locks until the end; the schedule itself commits after each partition.",
    ],
  },
  ofTable: ({ functionNames }) => (functionNames ? [{ suffix: "functions", inputs: functionNames }] : []),
});
