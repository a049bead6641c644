import { readPrevious } from "../support/read-archive";
import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { computeEnd, isShorter } from "../support/spans";
import { readWindow } from "../support/read-window";

interface RetentionChangeConfig {
  /** Required form of an approval: a regular expression of JavaScript. */
  readonly pattern: string;
}

export const retentionChangeDirection: Rule<RetentionChangeConfig> = {
  name: "retention-change-direction",
  description: "A shorter retention, or no more archive, needs the name of its approver; a longer one is free.",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation: "Declare approvedBy with who approved the change, or where; remove it after the update.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    pattern: {
      type: "string",
      description:
        "Form of an approval: a regular expression of JavaScript, for example `^[A-Z]+-[0-9]+$` for a ticket.",
      default: "\\S",
    },
  },
  evaluate(properties, config) {
    const { table, retention, onExpire, approvedBy } = readWindow(properties);
    const previous = readPrevious(properties);
    if (!previous) return [];
    const losses = [
      ...(isShortened(previous.retention, retention)
        ? [`retention changes from "${previous.retention ?? "?"}" to "${retention ?? "?"}"`]
        : []),
      ...(givesUp(previous.onExpire, onExpire)
        ? [`onExpire changes from "${previous.onExpire ?? "?"}" to "${onExpire ?? "?"}"`]
        : []),
    ];
    if (losses.length === 0) return [];
    const pattern = compile(config.pattern);
    if (pattern === undefined)
      return [
        `${table}: ${this.name}.pattern is "${config.pattern}", which is no regular expression: change it in the policy configuration.`,
      ];
    if (approvedBy !== undefined && pattern.test(approvedBy)) return [];
    const found =
      approvedBy === undefined
        ? "approvedBy is missing"
        : `approvedBy is "${approvedBy}", and has to match "${config.pattern}"`;
    return losses.map(
      (loss) => `${table}: ${loss}, and ${found}. ${explainSettings(this.name, "approvedBy", "pattern")}`,
    );
  },
};

function isShortened(from: string | undefined, to: string | undefined): boolean {
  if (from === undefined || to === undefined || to === "forever") return false;
  return from === "forever" || isShorter(computeEnd(to), computeEnd(from));
}

/** Order of the expiry modes by how much of a row they retain. */
const KEEPS: Readonly<Record<string, number>> = { drop: 0, archive: 1, detach: 1 };

function givesUp(from: string | undefined, to: string | undefined): boolean {
  return (KEEPS[to ?? ""] ?? Infinity) < (KEEPS[from ?? ""] ?? -Infinity);
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, "u");
  } catch {
    return undefined;
  }
}
