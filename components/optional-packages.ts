// Packages that are loaded only by the components that need them: they are large, and most programs do without.
import type * as awsTypes from "@pulumi/aws";
import type * as postgresqlTypes from "@pulumi/postgresql";
import { explainMissingPackage } from "../core/problems/missing-package";

export function loadAws(user: string): typeof awsTypes {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it for every program
    return require("@pulumi/aws") as typeof awsTypes;
  } catch (error) {
    throw explainMissingPackage(error, "@pulumi/aws", user);
  }
}

export function loadPostgresql(user: string): typeof postgresqlTypes {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
    return require("@pulumi/postgresql") as typeof postgresqlTypes;
  } catch (error) {
    throw explainMissingPackage(error, "@pulumi/postgresql", user);
  }
}
