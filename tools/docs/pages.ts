// Every generated page.
import { buildPackageSchema } from "../../provider/package-schema";
import { RESOURCE_TYPES } from "../../provider/resource-list";
import { cliPages } from "./cli-page";
import { componentsPage } from "./components-page";
import { locksPage } from "./locks-page";
import { list, type Page, page, REFERENCE_FOLDER } from "./markdown";
import { policiesPage } from "./policies-page";
import { readmePage } from "./readme";
import { stackSchemaFile } from "./stack-schema";
import { functionPage, providerPage, resourcePages } from "./resource-page";

export async function generatedPages(): Promise<Page[]> {
  const schema = buildPackageSchema();
  const pages = [
    componentsPage(),
    providerPage(schema),
    ...resourcePages(schema, RESOURCE_TYPES),
    functionPage(schema),
    locksPage(),
    policiesPage(),
    ...(await cliPages()),
  ];
  return [contents(pages), ...pages, readmePage(), await stackSchemaFile()];
}

function contents(pages: readonly Page[]): Page {
  const lines = pages.map(
    ({ path, text }) => `[${/^# (.*)$/m.exec(text)?.[1] ?? path}](${path.slice(REFERENCE_FOLDER.length + 1)})`,
  );
  return page(`${REFERENCE_FOLDER}/README.md`, "Reference", [
    "From the schema, the docstrings and the rules; written by `npm run docs:gen`.\n",
    list(lines),
  ]);
}
