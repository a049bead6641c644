import { expect, test } from "vitest";
import { selectReadable } from "../../tools/demo/readable";

const OUTPUT = `Previewing update (dev):
Loading policy packs...: starting

    pulumi:pulumi:Stack app-dev running
 +  pgpartition:index:Partition events-2027-03-01_2027-04-01 create
 ~  pgpartition:index:PartitionWindow events-window update [diff: ~changes]
Policies:
    ✅ pgpartition@v0.1.0

Diagnostics:
  pulumi:pulumi:Stack (app-dev):
    public.events: 1 to create
      create events_p2027_03: in the window and missing

  pgpartition:index:CronJob (events-schedule):
    warning: nothing starts it

Outputs:
    runway: "2027-03-01T00:00:00Z"

Resources:
    + 1 to create
`;

test("what a person reads of a preview: policies, plan, warnings and totals, each once in a whole demo", () => {
  const seen = new Set<string>();
  expect(selectReadable(OUTPUT, seen)).toEqual([
    "Policies:",
    "    ✅ pgpartition@v0.1.0",
    "Diagnostics:",
    "  pulumi:pulumi:Stack (app-dev):",
    "    public.events: 1 to create",
    "      create events_p2027_03: in the window and missing",
    "  pgpartition:index:CronJob (events-schedule):",
    "    warning: nothing starts it",
    "Resources:",
    "    + 1 to create",
  ]);
  expect(selectReadable(OUTPUT.replaceAll("2027_03", "2027_04"), seen)).toEqual([
    "Diagnostics:",
    "  pulumi:pulumi:Stack (app-dev):",
    "    public.events: 1 to create",
    "      create events_p2027_04: in the window and missing",
    "Resources:",
    "    + 1 to create",
  ]);
});
