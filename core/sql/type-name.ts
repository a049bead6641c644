/** True for the name of a type alone, without anything that CREATE TABLE could take after it. */
export function isTypeName(type: string): boolean {
  const bare = type.replace(/"[^"]*"/g, '"');
  const quotesMatch = type.split('"').length % 2 === 1;
  return TYPE_TEXT.test(type) && quotesMatch && !CONSTRAINT_WORDS.test(bare);
}

/** A type name as PostgreSQL spells it: words, a precision, array brackets, optionally quoted or qualified parts. */
const TYPE_TEXT = /^[\p{L}_"][\p{L}\p{N}_ ".]*(\(\s*\d+\s*(,\s*-?\d+\s*)?\))?[\p{L} ]*(\[\s*\d*\s*\])*$/u;

/** Words that would turn a type into a constraint unknown to the declaration. */
const CONSTRAINT_WORDS =
  /\b(not|null|default|primary|unique|references|check|constraint|generated|storage|compression)\b/i;
