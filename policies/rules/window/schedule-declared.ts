import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { readWindow } from "../support/read-window";

interface ScheduleDeclaredConfig {
  /** True if every table needs an active schedule, or a reason why it has none. */
  readonly required: boolean;
  /** Roles that a schedule may run as. Empty: any, declared or not. */
  readonly users: readonly string[];
}

export const scheduleDeclared: Rule<ScheduleDeclaredConfig> = {
  name: "schedule-declared",
  description:
    "A schedule in the database continues to create partitions when updates stop, or the program gives a reason for none.",
  severity: "medium",
  enforcementLevel: "advisory",
  remediation: 'Declare schedule: { cron: "0 2 * * *" } for the table, or a reason: schedule: { none: "…" }.',
  resourceType: WINDOW_TYPE,
  configProperties: {
    required: {
      type: "boolean",
      description: "Whether every table needs an active schedule, or a reason for none.",
      default: true,
    },
    users: {
      type: "array",
      description: "Roles that a schedule may run as. Empty: any.",
      items: { type: "string" },
      default: [],
    },
  },
  evaluate(properties, config) {
    if (properties.unknown.includes("schedule")) return [];
    const { table } = readWindow(properties);
    const schedule = readSchedule(properties.values["schedule"]);
    if (schedule === undefined) {
      return config.required
        ? [
            `${table}: neither a schedule nor a reason for none is declared; when updates stop, rows are refused once the lead is used up. ${explainSettings(this.name, "schedule", "required")}`,
          ]
        : [];
    }
    if (schedule.none !== undefined) return [];
    const messages: string[] = [];
    if (config.required && schedule.active === false)
      messages.push(
        `${table}: its schedule is not active; an active one, or a reason (schedule.none), is required. ${explainSettings(this.name, "schedule.active", "required")}`,
      );
    if (config.users.length > 0 && (schedule.user === undefined || !config.users.includes(schedule.user)))
      messages.push(
        `${table}: its schedule runs as ${schedule.user === undefined ? "the connected role" : `"${schedule.user}"`}; allowed are ${config.users.join(", ")}. ${explainSettings(this.name, "schedule.user", "users")}`,
      );
    return messages;
  },
};

interface Schedule {
  readonly active?: unknown;
  readonly user?: string;
  readonly none?: string;
}

function readSchedule(value: unknown): Schedule | undefined {
  // Check accepts only objects; any other value was not declared.
  return typeof value === "object" && value !== null ? (value as Schedule) : undefined;
}
