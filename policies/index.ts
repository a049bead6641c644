import { PolicyPack } from "@pulumi/policy";
import { RULES } from "./rules";
import { toPolicy } from "./to-policy";

/** The only module that starts a pack: rules are imported without starting one. */
new PolicyPack("pgpartition", {
  displayName: "Time-partitioned PostgreSQL tables",
  description: "Retention, lead, drops and locks, judged before any SQL runs",
  policies: RULES.map(toPolicy),
});
