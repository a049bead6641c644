import { describe, expect, it } from "vitest";
import { componentDeclarations, docstringProblems } from "../../tools/docs/arguments";
import { readDeclarations } from "../../tools/docs/docstrings";

const problems = (text: string): string[] => docstringProblems(readDeclarations("some.ts", text));

describe("the check of docstrings", () => {
  it("finds an argument that has no text on its meaning, also inside an object", () => {
    const text = `export interface SomeArgs {
      readonly plain?: string;
      /** @default 3 */
      readonly onlyDefault?: number;
      /** Told. */
      readonly nested: {
        readonly inner: string;
        /** Told. */
        readonly other: string;
      };
    }`;
    expect(problems(text)).toEqual([
      "some.ts: SomeArgs.plain has no text on its meaning",
      "some.ts: SomeArgs.onlyDefault has no text on its meaning",
      "some.ts: SomeArgs.nested.inner has no text on its meaning",
    ]);
  });

  it("leaves the forms of a value to the text of its argument", () => {
    const text = `export interface SomeArgs {
      /** A span, or a fixed end. */
      readonly lead: string | { readonly until: string };
    }`;
    expect(problems(text)).toEqual([]);
  });

  it("reads the members of a union of objects", () => {
    expect(problems("export type SomeArgs = ({ a: string } | { b: string }) & { c: string };")).toHaveLength(3);
  });

  it("finds a text that a stray tag cuts off", () => {
    expect(problems("/** Made through @pulumi/postgresql. */ export interface SomeArgs {}")).toEqual([
      'some.ts: SomeArgs: "@pulumi" reads as a tag, and the text ends before it',
    ]);
  });

  it("finds a type of arguments that the page names and does not have", () => {
    const text = `export interface SomeArgs {
      /** Told. */
      readonly holds?: Readonly<Record<string, HoldArgs | string>>;
    }`;
    expect(problems(text)).toEqual([
      "some.ts: SomeArgs.holds is of type HoldArgs, which no page documents: export it, and import it by name",
    ]);
  });

  it("has the members of a base that users never name where it is extended", () => {
    const archive = componentDeclarations().find((declaration) => declaration.name === "ArchiveArgs");
    const names = archive?.members.map((member) => member.name);
    expect(names).toContain("endpoint");
    expect(names?.filter((name) => name === "to")).toHaveLength(1);
  });

  it("sees the arguments of every component", () => {
    const names = componentDeclarations().map((declaration) => declaration.name);
    for (const name of [
      "PartitionedTableArgs",
      "TableSpecArgs",
      "WindowArgs",
      "PartitionedDatabaseArgs",
      "ProviderArgs",
      "ConnectionArgs",
    ]) {
      expect(names).toContain(name);
    }
  });
});
