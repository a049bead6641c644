// docs/reference/components.md: the arguments that users write, from the docstrings.
import { PERIODS } from "../../core/time/period";
import { KEY_ENCODINGS } from "../../core/time/key";
import { SPAN_UNITS } from "../../core/time/span";
import { componentDeclarations, fallbackText, isArguments } from "./arguments";
import type { Declaration, Member } from "./docstrings";
import { code, list, type Page, page, section, table } from "./markdown";

export function componentsPage(): Page {
  const declarations = componentDeclarations();
  return page("docs/reference/components.md", "Components and their arguments", [
    "The arguments of a program. Whatever decides how many resources exist is a plain value; where an `Input` is allowed, the text states it.",
    "Wrong values are refused together, each with its path and fix. Text in bold is a loss of data that the argument can cause.\n",
    ...declarations.filter((declaration) => declaration.isClass && declaration.members.length > 0).map(classSection),
    ...declarations.filter(isArguments).map(argumentsSection),
    section(
      "Words",
      table(
        ["type", "values"],
        [
          [
            "`Span`",
            `a whole number and a unit (${SPAN_UNITS.join(", ")}, also in the plural): ${code('"12 months"')}; a bare number is refused`,
          ],
          ["`Period`", PERIODS.map((period) => code(`"${period}"`)).join(", ")],
          ["`KeyEncoding`", KEY_ENCODINGS.map((encoding) => code(`"${encoding}"`)).join(", ")],
          [
            "`ReferentialAction`",
            ["no action", "restrict", "cascade", "set null", "set default"]
              .map((action) => code(`"${action}"`))
              .join(", "),
          ],
        ],
      ),
    ),
  ]);
}

function classSection(declaration: Declaration): string {
  return section(
    declaration.name,
    `${declaration.text}\n`,
    ...(declaration.example === undefined ? [] : [`\`\`\`ts\n${declaration.example}\n\`\`\`\n`]),
    "Outputs:\n",
    list(declaration.members.map((member) => memberLine({ ...member, optional: true }))),
  );
}

function argumentsSection(declaration: Declaration): string {
  const extended = declaration.extended.map((base) => `With all of ${code(base)}.\n`);
  return section(declaration.name, `${declaration.text}\n`, ...extended, list(declaration.members.map(memberLine)));
}

function memberLine(member: Member): string {
  const facts = [
    member.text.replace(/\s+/g, " "),
    member.fallback === undefined ? "" : `Default: ${fallbackText(member.fallback)}.`,
    member.example === undefined ? "" : `Example: ${code(member.example)}.`,
  ].filter((fact) => fact !== "");
  return `**${member.name}** (${code(member.type)}${member.optional ? "" : ", required"}). ${facts.join(" ")}`;
}
