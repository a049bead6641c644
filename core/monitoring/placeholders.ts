type Values = Readonly<Record<string, string | number>>;

/** Replaces the placeholders of a model: `"<name>"` becomes the value, `<name>` within a longer text becomes a part of it. */
export function fillPlaceholders<T>(model: T, values: Values): T {
  const text = JSON.stringify(model).replaceAll(/"<(\w+)>"|<(\w+)>/g, (_, whole?: string, part?: string) =>
    whole === undefined ? escapeJson(getValue(part ?? "", values)) : JSON.stringify(getValue(whole, values)),
  );
  return JSON.parse(text) as T;
}

/** Escapes a value as part of a JSON string, without quotation marks. */
function escapeJson(value: string | number): string {
  return JSON.stringify(String(value)).slice(1, -1);
}

function getValue(name: string, values: Values): string | number {
  const value = values[name];
  if (value === undefined) throw new Error(`the placeholder <${name}> has no value`);
  return value;
}
