import { interfaces } from "./docstrings.json";

/** What the docstrings of arguments say, by interface. Read from the sources by `npm run docs:gen`. */
export type Docstrings = Readonly<
  Record<string, Docstring & { readonly members: Readonly<Record<string, Docstring>> }>
>;

interface Docstring {
  readonly text: string;
  readonly default?: string;
}

const DOCSTRINGS: Docstrings = interfaces;

/** Text of an interface of arguments; undefined: there is no such interface. */
export function docstringOfInterface(name: string): string | undefined {
  return DOCSTRINGS[name]?.text;
}

/** Text of an argument, with its default where it may be left out. */
export function docstringOf(name: string, member: string, optional = true): string | undefined {
  const found = DOCSTRINGS[name]?.members[member];
  if (found === undefined) return undefined;
  return optional && found.default !== undefined ? `${found.text} Default: ${found.default}.` : found.text;
}
