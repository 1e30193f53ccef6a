const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

export type Filling = Readonly<Record<string, string | number>>;

/** Names between {{ and }}. */
export function placeholdersIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? "");
}

/** A text without its placeholders. */
export function withoutPlaceholders(text: string): string {
  return text.replace(PLACEHOLDER, "");
}

/** A text with its placeholders filled in; one without a value becomes empty. */
export function fillIn(text: string, filling: Filling, encode: (value: string) => string = String): string {
  return text.replace(PLACEHOLDER, (_whole, name: string) => encode(String(filling[name] ?? "")));
}

/** What is wrong with a query that must say which time it wants; null: nothing. */
export function templateProblem(
  text: string,
  known: readonly string[],
  wanted: readonly (readonly string[])[],
): string | null {
  const names = placeholdersIn(text);
  const unknown = names.find((name) => !known.includes(name));
  const list = (all: readonly string[]): string => all.map((name) => `{{${name}}}`).join(", ");
  if (unknown !== undefined) return `{{${unknown}}} is not known; there are ${list(known)}`;
  const missing = wanted.find((group) => !group.every((name) => names.includes(name)));
  if (
    wanted.length === 0 ||
    missing === undefined ||
    wanted.some((group) => group.every((name) => names.includes(name)))
  )
    return null;
  return `it does not say which time it wants: ${wanted.map(list).join(" or ")} must stand in it`;
}
