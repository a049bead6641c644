import { quote, quoteLiteral } from "../../names/identifier";
import type { CarriedState } from "../../observed/observed-table";
import type { Statement } from "../../sql/statement";
import { quoteRelation, buildRelationStatement, type Relation } from "../../sql/relation";
import { FREEZE_SETTING } from "../../declare/table/storage";
import type { NewbornState } from "./newborn";
import type { WantedState } from "./wanted";

/** Moves to another tablespace, then freezes, then changes settings: each may be repeated. */
export function buildStorageStatements(relation: Relation, wanted: WantedState, found: CarriedState): Statement[] {
  if (!wanted.storage) return [];
  const options = buildOptionStatements(relation, `storage ${relation.schema}.${relation.name}`, wanted, found);
  const move = buildTablespaceStatements(relation, undefined, wanted.storage.tablespace, found.tablespace);
  const freezes = wanted.storage.freeze === true && found.options[FREEZE_SETTING] !== "0";
  const freeze = freezes
    ? [
        // Without TRUNCATE false it truncates empty pages at the end under ACCESS EXCLUSIVE, also if vacuum_truncate is set; a
        // standby replays that lock and cancels its readers.
        buildRelationStatement(
          relation,
          undefined,
          `VACUUM (FREEZE, ANALYZE, TRUNCATE false) ${quoteRelation(relation)}`,
          {
            mode: "SHARE UPDATE EXCLUSIVE",
            hold: "grows with rows",
            hazard: "SCAN_PARTITION",
            undo: "not needed",
          },
        ),
      ]
    : [];
  // The setting that marks a partition as frozen comes last: a killed freeze is repeated.
  return [...move, ...freeze, ...options];
}

/** Sets the storage of a new partition: nothing to freeze, and no cost to move it. */
export function buildFreshStorageStatements(
  relation: Relation,
  transaction: string,
  wanted: NewbornState,
  copied: (list: Statement[]) => Statement[],
): Statement[] {
  const none = { options: {}, toast: {} };
  const besides = { managed: { options: [], toast: [] }, storage: { name: "hot" as const, ...wanted.inherited } };
  const place = buildTablespaceStatements(relation, transaction, wanted.tablespace, undefined);
  return [
    ...buildOptionStatements(relation, transaction, wanted, none),
    ...copied(buildOptionStatements(relation, transaction, besides, none)),
    ...(wanted.tablespaceOfSiblings ? copied(place) : place),
  ];
}

function buildOptionStatements(
  relation: Relation,
  transaction: string,
  wanted: Pick<WantedState, "storage" | "managed">,
  found: Pick<CarriedState, "options" | "toast">,
): Statement[] {
  const profile = wanted.storage;
  if (!profile) return [];
  const wantedOptions = [...(profile.options ?? []), ...(profile.freeze ? [{ name: FREEZE_SETTING, value: "0" }] : [])];
  const changes = [
    ...listSettingChanges(wantedOptions, wanted.managed.options, found.options, ""),
    ...(found.toast ? listSettingChanges(profile.toast ?? [], wanted.managed.toast, found.toast, "toast.") : []),
  ];
  const set = changes.filter((change) => change.to !== undefined);
  const reset = changes.filter((change) => change.to === undefined);
  const alter = (sql: string, undo: string) =>
    buildRelationStatement(relation, transaction, `ALTER TABLE ${quoteRelation(relation)} ${sql}`, {
      mode: "SHARE UPDATE EXCLUSIVE",
      undo: `ALTER TABLE ${quoteRelation(relation)} ${undo}`,
    });
  const setText = (list: readonly SettingChange[], side: "from" | "to") =>
    `SET (${list.map((change) => `${change.name} = ${quoteLiteral(change[side] ?? "")}`).join(", ")})`;
  const resetText = (list: readonly SettingChange[]) => `RESET (${list.map((change) => change.name).join(", ")})`;
  return [
    ...(set.length > 0
      ? [alter(setText(set, "to"), set.every((c) => c.from !== undefined) ? setText(set, "from") : resetText(set))]
      : []),
    ...(reset.length > 0 ? [alter(resetText(reset), setText(reset, "from"))] : []),
  ];
}

interface SettingChange {
  readonly name: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** Returns changed settings, only of those that a profile names. */
function listSettingChanges(
  wanted: readonly { readonly name: string; readonly value: string }[],
  managed: readonly string[],
  found: Readonly<Record<string, string>>,
  prefix: string,
): SettingChange[] {
  const names = [...new Set([...managed, ...wanted.map(({ name }) => name)])].sort();
  return names
    .map((name) => ({
      name: `${prefix}${name}`,
      from: found[name],
      to: wanted.find((one) => one.name === name)?.value,
    }))
    .filter((change) => !isSameSetting(change.from, change.to));
}

/** Compares text: the server stores what was written, so `true` stays `true`, and 0.020 is not 0.02. */
function isSameSetting(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a === b || (a.trim() !== "" && Number(a) === Number(b));
}

/** Moves the table and its TOAST table; indexes are not moved. `found` is undefined for a new one. */
function buildTablespaceStatements(
  relation: Relation,
  transaction: string | undefined,
  wanted: string | undefined,
  found: string | undefined,
): Statement[] {
  if (wanted === undefined || wanted === found) return [];
  return [
    buildRelationStatement(
      relation,
      transaction,
      `ALTER TABLE ${quoteRelation(relation)} SET TABLESPACE ${quote(wanted)}`,
      {
        mode: "ACCESS EXCLUSIVE",
        hold: relation.fresh ? "instant" : "grows with rows",
        hazard: "COPIES_PARTITION",
        undo:
          found === undefined ? "not needed" : `ALTER TABLE ${quoteRelation(relation)} SET TABLESPACE ${quote(found)}`,
      },
    ),
  ];
}
