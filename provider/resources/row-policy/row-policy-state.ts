import { decodeProfile } from "../../../core/declare/table/profile";
import { toPolicySpec } from "../../../core/partition/carry/security-statements";
import type { CarriedState, Observation } from "../../../core/observed/observed-table";
import type { rowPolicyType } from "../../../core/resources/row-policy";
import type { PropertyMap } from "../../runtime/values";
import type { Facts } from "../shared/define-resource";
import { toProperties, importKey } from "../shared/inputs";

/** Returns the rules as the server has them. */
export function toAccessFacts({ rowSecurity, policies, grants }: CarriedState): Facts<typeof rowPolicyType> {
  return {
    enabled: rowSecurity.enabled,
    forced: rowSecurity.forced,
    policies: policies.map(toPolicySpec),
    grants: grants.map(({ role, privileges, others = [] }) => ({
      role,
      privileges: [...new Set([...privileges, ...others])].sort(),
    })),
  };
}

/** Returns the last declared inputs where the registry has them, else those of the server. */
export function importRowPolicyInputs(
  table: { readonly schema: string; readonly table: string },
  observation: Observation,
  carried: CarriedState,
): PropertyMap {
  const profile = decodeProfile(observation.registration?.profile);
  const rowSecurity = profile.rowSecurity ?? toRowSecurity(carried);
  const held = carried.grants.filter(({ privileges }) => privileges.length > 0);
  const grants = profile.grants ?? (held.length > 0 ? held.map(toGrant) : undefined);
  return toProperties({ ...table, key: importKey(observation), rowSecurity, grants });
}

/** Selects the declared keys whose values no other key of the outputs shows. */
export function pickDeclared(properties: PropertyMap): PropertyMap {
  const keys = ["schema", "table", "key", "rowSecurity"];
  return Object.fromEntries(Object.entries(properties).filter(([key]) => keys.includes(key)));
}

function toRowSecurity({ rowSecurity, policies }: CarriedState): object | undefined {
  if (!rowSecurity.enabled && !rowSecurity.forced && policies.length === 0) return undefined;
  return {
    enable: rowSecurity.enabled,
    force: rowSecurity.forced,
    partitionAccess: "closed",
    policies: policies.map(toPolicySpec),
  };
}

function toGrant({ role, privileges }: CarriedState["grants"][number]): object {
  return { role, privileges };
}
