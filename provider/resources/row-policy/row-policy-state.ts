import { profileFromWire } from "../../../core/declare/table/profile";
import { policySpecOf } from "../../../core/partition/carry/security-statements";
import type { CarriedState, Observation } from "../../../core/observed/observed-table";
import type { rowPolicyType } from "../../../core/resources/row-policy";
import type { PropertyMap } from "../../runtime/values";
import type { Facts } from "../shared/define-resource";
import { asProperties, importedKey } from "../shared/inputs";

/** Returns the rules as the server has them. */
export function accessFacts({ rowSecurity, policies, grants }: CarriedState): Facts<typeof rowPolicyType> {
  return {
    enabled: rowSecurity.enabled,
    forced: rowSecurity.forced,
    policies: policies.map(policySpecOf),
    grants: grants.map(({ role, privileges, others = [] }) => ({
      role,
      privileges: [...new Set([...privileges, ...others])].sort(),
    })),
  };
}

/** Returns the last declared inputs where the registry has them, else those of the server. */
export function importedInputs(
  table: { readonly schema: string; readonly table: string },
  observation: Observation,
  carried: CarriedState,
): PropertyMap {
  const profile = profileFromWire(observation.registration?.profile);
  const rowSecurity = profile.rowSecurity ?? rowSecurityOf(carried);
  const held = carried.grants.filter(({ privileges }) => privileges.length > 0);
  const grants = profile.grants ?? (held.length > 0 ? held.map(grantOf) : undefined);
  return asProperties({ ...table, key: importedKey(observation), rowSecurity, grants });
}

/** Selects the declared keys whose values no other key of the outputs shows. */
export function declaredOnly(properties: PropertyMap): PropertyMap {
  const keys = ["schema", "table", "key", "rowSecurity"];
  return Object.fromEntries(Object.entries(properties).filter(([key]) => keys.includes(key)));
}

function rowSecurityOf({ rowSecurity, policies }: CarriedState): object | undefined {
  if (!rowSecurity.enabled && !rowSecurity.forced && policies.length === 0) return undefined;
  return {
    enable: rowSecurity.enabled,
    force: rowSecurity.forced,
    leafAccess: "closed",
    policies: policies.map(policySpecOf),
  };
}

function grantOf({ role, privileges }: CarriedState["grants"][number]): object {
  return { role, privileges };
}
