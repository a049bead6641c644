import { quote, quoteLiteral, quoteQualified } from "../names/identifier";
import type { CronSchedule } from "../declare/schedule/cron";

/** The call of a schedule and its target: the same for every scheduler. */
interface ScheduledCall {
  readonly schema: string;
  readonly table: string;
  readonly job: string;
  readonly command: string;
  readonly database: string;
  readonly user: string;
  readonly zone: string;
}

/** Returns a call with constants only: no caller's text is included unquoted. */
export function formatEnsureWindowCall(
  management: string,
  table: { readonly schema: string; readonly table: string },
): string {
  const name = quoteLiteral(quoteQualified(table.schema, table.table));
  return `CALL ${quote(management)}.ensure_window(${name})`;
}

/** Returns the crontab lines, with the time zone of the schedule. */
export function formatCrontab(call: ScheduledCall, cron: string): string {
  const words = ["psql", ...listPsqlArguments(call)].map(quoteShellWord).join(" ");
  if (/[\r\n]/.test(words)) return "# a name holds a line break, which no crontab can carry\n";
  // cron ends the command at a bare percent sign and passes the rest as its input.
  return `CRON_TZ=${call.zone}\n${cron} ${words.replaceAll("%", "\\%")}\n`;
}

/** Returns a systemd service and its timer, to be split at the names of the files. */
export function formatSystemdUnits(call: ScheduledCall, schedule: CronSchedule): string {
  const unit = `${call.job.replace(/[^A-Za-z0-9_.-]+/g, "-")}`;
  const words = ["/usr/bin/psql", ...listPsqlArguments(call)].map(quoteSystemdWord).join(" ");
  const times = formatOnCalendar(schedule).map((time) => `OnCalendar=${time} ${call.zone}`);
  return [
    `# ${unit}.service`,
    "[Unit]",
    `Description=Make the coming partitions of ${toUnitLine(`${call.schema}.${call.table}`)}`,
    "[Service]",
    "Type=oneshot",
    `ExecStart=${words}`,
    "",
    `# ${unit}.timer`,
    "[Timer]",
    ...times,
    "Persistent=true",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
}

/**
 * Returns the arguments without host and password, which come from PGHOST, PGPASSFILE and the like in the caller's environment.
 */
function listPsqlArguments(call: ScheduledCall): string[] {
  return [
    "--no-psqlrc",
    "--set=ON_ERROR_STOP=1",
    `--username=${call.user}`,
    `--dbname=${call.database}`,
    `--command=${call.command}`,
  ];
}

function quoteShellWord(word: string): string {
  return /^[\w=./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Quotes for systemd, which reads C escapes in double quotes, and percent and dollar signs everywhere. */
function quoteSystemdWord(word: string): string {
  const escaped = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  if (/^[\w=./%$-]+$/.test(word)) return escaped;
  return `"${escaped.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

function toUnitLine(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("%", "%%");
}

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Returns two lines if either day suffices: in one line systemd requires both. */
function formatOnCalendar(schedule: CronSchedule): string[] {
  const { minutes, hours, days, months, weekdays, eitherDay } = schedule;
  const clock = `${list(hours, 24)}:${list(minutes, 60)}:00`;
  const names = weekdays.length === 7 ? "" : `${weekdays.map((day) => WEEKDAYS[day]).join(",")} `;
  const formatLine = (weekday: string, day: string) => `${weekday}*-${list(months, 12)}-${day} ${clock}`;
  return eitherDay ? [formatLine("", list(days, 31)), formatLine(names, "*")] : [formatLine(names, list(days, 31))];
}

function list(values: readonly number[], all: number): string {
  return values.length === all ? "*" : values.map((value) => String(value).padStart(2, "0")).join(",");
}
