import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LedgerEvent } from "../../core/observed/ledger";
import { findContradictions, ONCE } from "../../core/observed/ledger-life";

const lived = (...events: LedgerEvent[]) => events.map((event) => ({ partition: "p", oid: "1", event }));

describe("the life of a partition in the ledger", () => {
  it.each([
    ["made, and dropped after its grace", ["created", "detaching", "detached", "dropped"]],
    ["adopted, archived, dropped", ["adopted", "detaching", "detached", "fenced", "exporting", "archived", "dropped"]],
    ["detached by another hand", ["created", "detached"]],
    ["back in the window, and away again", ["created", "detaching", "detached", "attached", "detaching", "detached"]],
    [
      "archived anew after a doubt",
      ["created", "detaching", "detached", "fenced", "exporting", "doubted", "exporting", "archived"],
    ],
    ["restored, attached, and away again", ["restoring", "restored", "attached", "detaching", "detached"]],
    [
      "fenced again, because the fence was opened",
      ["created", "detached", "fenced", "fenced", "exporting", "archived"],
    ],
  ] as const)("%s", (_, events) => {
    expect(findContradictions(lived(...events))).toEqual([]);
  });

  it.each([
    [
      "an intent without its end, told twice",
      ["created", "detaching", "detaching", "detached"],
      '"detaching" follows "detaching"',
    ],
    [
      "archived once too often",
      ["created", "detached", "fenced", "exporting", "archived", "archived"],
      '"archived" follows "archived"',
    ],
    ["dropped without having left", ["created", "detaching", "dropped"], '"dropped" follows "detaching"'],
    ["back without having left", ["created", "detaching", "attached"], '"attached" follows "detaching"'],
    ["made twice", ["created", "created"], '"created" follows "created"'],
  ] as const)("%s is no life", (_, events, problem) => {
    expect(findContradictions(lived(...events))).toEqual([`p: ${problem}`]);
  });

  it("two relations of one name have two lives, and what speaks of the table is none", () => {
    expect(
      findContradictions([
        { partition: "p", oid: "1", event: "created" },
        { partition: "t", oid: "9", event: "destroying" },
        { partition: "p", oid: "2", event: "created" },
        { partition: "p", oid: "2", event: "approved" },
        { partition: "p", oid: "1", event: "detaching" },
      ]),
    ).toEqual([]);
  });

  it("a default partition that becomes an ordinary one begins another life under another name", () => {
    expect(
      findContradictions([
        { partition: "t_default", oid: "1", event: "created" },
        { partition: "t_old", oid: "1", event: "created" },
        { partition: "t_old", oid: "1", event: "detaching" },
      ]),
    ).toEqual([]);
  });

  it("a step that is written once is never allowed twice in a row", () => {
    fc.assert(
      fc.property(fc.constantFrom(...ONCE), (event) => {
        expect(
          findContradictions(lived(event, event)).filter((one) => one.endsWith(`"${event}" follows "${event}"`)),
        ).toHaveLength(1);
      }),
    );
  });
});
