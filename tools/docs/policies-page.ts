// docs/reference/policies.md: the rules of the pack, from their own data.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RULES } from "../../policies/rules";
import { type AnyRule, type ConfigProperty, describeRuleSubject } from "../../policies/rules/support/rule";
import { repositoryRoot } from "../paths";
import { code, type Page, page, section, table } from "./markdown";

const FOLDER = "policies/config";

export function policiesPage(): Page {
  return page("docs/reference/policies.md", "Policies", [
    "Each rule reads the plan that PartitionWindow's Check computed from the live database (or the provider's configuration), before any SQL runs.",
    "Rules about the stack as a whole are evaluated at its end: they stop a preview, and an update only after it; so preview first.",
    "A message has the value, the limit and the setting that changes it. A plan that is not complete is reported as not evaluated, by `every-rule-evaluated`.\n",
    "    npm install @pulumi/policy\n    pulumi preview --policy-pack node_modules/pulumi-pgpartition/policies --policy-pack-config node_modules/pulumi-pgpartition/policies/config/prod.json\n",
    table(
      ["rule", "level", "severity", "what it asks"],
      RULES.map((rule) => [`[${rule.name}](#${rule.name})`, rule.enforcementLevel, rule.severity, rule.description]),
    ),
    ...RULES.map(ruleSection),
    section(
      "The configurations of this repository",
      ...readdirSync(join(repositoryRoot, FOLDER)).sort().map(configurationText),
    ),
  ]);
}

function ruleSection(rule: AnyRule): string {
  const properties = Object.entries<ConfigProperty>(rule.configProperties);
  return section(
    rule.name,
    `${rule.description} For ${describeRuleSubject(rule)}; ${rule.enforcementLevel} by default, severity ${rule.severity}.\n`,
    `What to do: ${rule.remediation}\n`,
    properties.length === 0
      ? "No settings except its level.\n"
      : table(
          ["setting", "type", "default", "meaning"],
          properties.map(([name, property]) => [
            code(name),
            typeText(property),
            code(JSON.stringify(property.default)),
            property.description,
          ]),
        ),
  );
}

function typeText(property: ConfigProperty): string {
  const words = property.items?.enum;
  if (words) return `list of ${words.map(code).join(", ")}`;
  if (property.enum) return property.enum.map(code).join(", ");
  if (property.items) return `list of ${property.items.type}`;
  return property.minimum === undefined ? property.type : `${property.type}, at least ${property.minimum}`;
}

function configurationText(file: string): string {
  const text = readFileSync(join(repositoryRoot, FOLDER, file), "utf8").trim();
  return `[${file}](../../${FOLDER}/${file}):\n\n\`\`\`json\n${text}\n\`\`\`\n`;
}
