import { PartitionedDatabase } from "../../components";

new PartitionedDatabase("app", {
  connection: {}, // from PGHOST, PGUSER, PGPASSFILE and so on
  tables: {
    events: {
      table: "events",
      columns: { id: "bigserial", at: { type: "timestamptz", default: "now()" }, payload: "jsonb" },
      primaryKey: ["id", "at"],
      partitionBy: [{ range: "at", every: "month" }],
      window: { lead: "2 months", retention: "12 months" },
      onExpire: "detach", // what has expired leaves the table and stays in the database: nothing is deleted
    },
  },
});
