// The rules without which a conversion loses rows, each with the line of the product that keeps it and the test that guards it.

export interface Mutation {
  /** Of the races that a conversion has to survive. */
  readonly rule: string;
  /** What is broken, in words. */
  readonly breaks: string;
  /** A file of the product; `from` stands in it once. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly guard: {
    readonly file: string;
    /** Its title, whole. */
    readonly title: string;
    /** True if it starts plugins: their bundles are made of the broken sources then. */
    readonly runsPlugins?: boolean;
    /** What its failed assertion says: that the rows are not right, and not that the set-up failed. */
    readonly says: RegExp;
  };
}

const RACES = "test/conversion/races.test.ts";

export const MUTATIONS: readonly Mutation[] = [
  {
    rule: "R2",
    breaks: "changes are reconciled beside a copy that has an older snapshot",
    file: "postgres/conversion/pair-transaction.ts",
    from: "session.query(`lock table only ${quoteRelationOf(pair.target)} in share update exclusive mode`)",
    to: "undefined",
    guard: {
      file: RACES,
      title: "R2 a row that is deleted while its block is copied is reconciled after that copy, and does not come back",
      says: /^AssertionError: .*side: 'only the copy'/,
    },
  },
  {
    rule: "R3",
    breaks:
      "each statement of a reconciliation has a snapshot of its own: what the first one saw is not what the last one forgets",
    file: "postgres/conversion/reconcile.ts",
    from: '{ begin: "begin isolation level repeatable read" }',
    to: '{ begin: "begin" }',
    guard: {
      file: RACES,
      title: "R3 a change that commits while another is reconciled stays pending",
      says: /^AssertionError: expected \+?0 to be 1/,
    },
  },
  {
    rule: "R7",
    breaks: "an update carries its values to the copy, in the order in which it was captured",
    file: "core/conversion/between/capture.ts",
    from: '  IF ${is("UPDATE")} THEN`,\n    `    ${insert("OLD")}`,',
    to: '  IF ${is("UPDATE")} THEN`,\n    `UPDATE ${quoteRelationOf(pair.target)} SET ${pair.columns.map(({ name }) => `${quote(name)} = NEW.${quote(name)}`).join(", ")} WHERE ${pair.key.map((name) => `${quote(name)} = OLD.${quote(name)}`).join(" AND ")};`,',
    guard: {
      file: RACES,
      title:
        "R7 an update that a trigger of the application makes again has the row as it is, whichever was captured last",
      says: /^AssertionError: .*note: 'once'.*note: 'twice'/,
    },
  },
  {
    rule: "R11",
    breaks: "a trigger of the capture that was switched off and on again looks as before",
    file: "core/conversion/between/mark.ts",
    from: "'trigger', t.oid, t.tgrelid, t.xmin, t.tgenabled",
    to: "'trigger', t.oid, t.tgrelid, t.tgenabled",
    guard: {
      file: "test/conversion/altered.test.ts",
      title: "R11 R13 when its trigger is switched off and on again as it was, nothing more is copied or reconciled",
      says: /^Error: it should have failed/,
    },
  },
  {
    rule: "S3",
    breaks: "the swap waits for no older snapshot",
    file: "conversion/swap.ts",
    from: "if (!(await waitWhileFollowing(job, record))) return false;",
    to: "void waitWhileFollowing;",
    guard: {
      file: "test/faults/copying.test.ts",
      runsPlugins: true,
      title: "S3 a transaction whose snapshot is older than the copy is waited for, by name, before the swap",
      says: /^AssertionError: .*n: '0'.*n: '5000'/,
    },
  },
  {
    rule: "S5",
    breaks: "the former table takes the writes of what is still bound to it",
    file: "core/conversion/copy/exchange.ts",
    from: "    ...parts.refuse,\n",
    to: "",
    guard: {
      file: "test/faults/copied-shapes.test.ts",
      runsPlugins: true,
      title: "S5 a view, a parsed function and a policy that are bound to it by its oid",
      says: /^Error: promise resolved .* instead of rejecting/,
    },
  },
  {
    rule: "both ways",
    breaks:
      "rows that changed on the other side are deleted and inserted beside writers, who are told that they are gone",
    file: "postgres/conversion/both-ways/reconcile-both.ts",
    from: 'beside === "writers" ? "apply" : "replace"',
    to: '"replace"',
    guard: {
      file: "test/conversion/both-ways.test.ts",
      title: "a writer of events_copy that waits for a row which a step is changing does not lose its write",
      says: /^AssertionError: expected \+?[01] to be 2/,
    },
  },
  {
    rule: "both ways",
    breaks: "what a step has written itself is taken for a change of that side",
    file: "postgres/conversion/both-ways/reconcile-both.ts",
    from: "      session.query(texts.forgetOwn, [last]),\n",
    to: "",
    guard: {
      file: "test/conversion/both-ways.test.ts",
      title: "a row that one side changes while its earlier state is followed to the other is never set back",
      says: /^AssertionError: expected \[ \{ id: '1', note: 'two' \} \]/,
    },
  },
];
