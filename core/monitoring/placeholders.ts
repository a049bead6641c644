type Values = Readonly<Record<string, string | number>>;

/** A model with values in the place of its placeholders: `"<name>"` becomes the value, `<name>` in a longer text is part of it. */
export function fillPlaceholders<T>(model: T, values: Values): T {
  const text = JSON.stringify(model).replaceAll(/"<(\w+)>"|<(\w+)>/g, (_, whole?: string, part?: string) =>
    whole === undefined ? textOf(valueOf(part ?? "", values)) : JSON.stringify(valueOf(whole, values)),
  );
  return JSON.parse(text) as T;
}

/** As part of a text in JSON, which has its quotation marks already. */
function textOf(value: string | number): string {
  return JSON.stringify(String(value)).slice(1, -1);
}

function valueOf(name: string, values: Values): string | number {
  const value = values[name];
  if (value === undefined) throw new Error(`there is no value for the placeholder <${name}>`);
  return value;
}
