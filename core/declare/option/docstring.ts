import { interfaces } from "./docstrings.json";

/** Docstrings of arguments, by interface. Read from the sources by `npm run docs:gen`. */
export type Docstrings = Readonly<
  Record<string, Docstring & { readonly members: Readonly<Record<string, Docstring>> }>
>;

interface Docstring {
  readonly text: string;
  readonly default?: string;
}

const DOCSTRINGS: Docstrings = interfaces;

/** Returns the text of an interface of arguments; undefined if no such interface exists. */
export function getInterfaceDocstring(name: string): string | undefined {
  return DOCSTRINGS[name]?.text;
}

/** Returns the text of an argument, with its default if it may be left out. */
export function getDocstring(name: string, member: string, optional = true): string | undefined {
  const found = DOCSTRINGS[name]?.members[member];
  if (found === undefined) return undefined;
  return optional && found.default !== undefined ? `${found.text} Default: ${found.default}.` : found.text;
}
