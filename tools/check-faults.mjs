// Checks that every fault which the product must survive has a row in docs/faults.md, that the test named there exists, and that every
// race of a conversion has a test of its name.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Ids of the catalogue that this version must cover. Later issues add theirs. */
const required =
  "A01 A02 A03 A04 A05 A06 A07 A08 A09 A11 A12 A13 A15 B01 B03 B04 B10 B11 B13 B14 B15 C01 C02 C03 C06 C07 C08 C09 C10 C13 C14 C15 C17 C18 D01 D02 D03 D04 D05 D06 D07 D08 D09 D10 D12 E01 E02 E03 E04 E05 E06 E07 E08 E09 E10 E11 E12 E13 E14 E15 E16 E17 F03 G04 G06 G07 G08 G10 H01 H02 H03 H05 H06 H08 H09 H11 H12 I01 I02 I06 J01 J02 J03 J04 J05 J06 J08";

/** Races that a conversion must survive: while it captures and copies (R), swaps (S), and while its way back is open (B). */
const races = [...number("R", 24), ...number("S", 14), ...number("B", 4)];

const rows = readFileSync(join(root, "docs", "faults.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| (?!fault |trouble |-)/.test(line) && !line.startsWith("|---"))
  .map((line) => line.split(" | "))
  .map(([fault = "", test = ""]) => ({ fault: fault.replace(/^\| /, ""), test: test.trim() }));

const texts = testFiles(join(root, "test")).map((file) => readFileSync(file, "utf8"));
const names = texts.flatMap(testNames);

/** Also of a group of tests, and of a row in a table of them. */
const named = new Set(
  texts.flatMap((text) => [...text.matchAll(/"((?:[A-Z]\d+ )+)\S/g)]).flatMap(([, ids]) => ids.trim().split(" ")),
);

const problems = [
  ...races.filter((race) => !named.has(race)).map((race) => `no test has the name of the race ${race}`),
  ...required
    .split(" ")
    .filter((id) => !rows.some((row) => row.fault.startsWith(`${id} `)))
    .map((id) => `${id} has no row`),
  ...rows
    .filter((row) => !exists(row.test))
    .map((row) => `"${row.fault}" names a test that does not exist: ${row.test}`),
];

for (const problem of problems) console.error(`docs/faults.md: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
else console.log(`docs/faults.md: ${rows.length} rows, each with its test; ${races.length} races, each with its test`);

function number(letter, last) {
  return Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
}

function exists(test) {
  return test.endsWith("…") ? names.some((name) => name.startsWith(test.slice(0, -1))) : names.includes(test);
}

function testFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => join(folder, path));
}

/** Returns the first string of each call of it, itAlike(…) or test, also behind .each(…) and .runIf(…): a name is a literal there. */
function testNames(text) {
  const call =
    /(?<![.\w])(?:itAlike\(\w+\)|(?:it|test)\b)[^"'`;]*?\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)/gs;
  const after =
    /\]\s*(?:as const)?\s*,?\s*\)\s*(?:,?\s*\)\s*)?\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)/gs;
  const eachVariable =
    /\.each\([\w.]+(?:\([^\n`]*\))?\)\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)/gs;
  return [call, after, eachVariable]
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map((match) => (match[1] ?? match[2] ?? match[3] ?? "").replaceAll(/\\(["'`\\])/g, "$1"));
}
