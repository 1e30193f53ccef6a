import { nearestName } from "./nearest.ts";

const LINE = /^([a-z][a-z-]*)\s*:(?:\s+(.*))?$/;

/** What a query of several parts may and must hold. */
export interface LineRules<Name extends string> {
  readonly required: readonly Name[];
  readonly optional?: readonly Name[];
  /** The part that a query of one line without a name stands for; absent: there is none. */
  readonly alone?: Name;
}

/**
 * A query of several parts: lines `name: text`. A line that is indented, or that names no part, goes on with the one
 * before. A text: what is wrong with it.
 */
export function readQueryLines<Name extends string>(
  text: string,
  { required, optional = [], alone }: LineRules<Name>,
): Readonly<Partial<Record<Name, string>>> | string {
  const known: readonly string[] = [...required, ...optional];
  const parts: Record<string, string> = {};
  let current: string | null = null;
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const [, name, rest = ""] = LINE.exec(line.trim()) ?? [];
    if (name !== undefined && known.includes(name)) {
      if (Object.hasOwn(parts, name)) return `it gives \`${name}\` twice`;
      parts[name] = rest.trim();
      current = name;
    } else if (current !== null) {
      const meant =
        name === undefined
          ? null
          : nearestName(
              name,
              known.filter((one) => !Object.hasOwn(parts, one)),
            );
      if (meant !== null) return `\`${name}:\` is no part of it; did you mean \`${meant}:\`?`;
      parts[current] = `${parts[current] ?? ""} ${line.trim()}`.trim();
    } else if (alone !== undefined) {
      parts[alone] = line.trim();
      current = alone;
    } else {
      return `it must be lines of ${known.map((one) => `\`${one}: ...\``).join(", ")}`;
    }
  }
  const missing = required.find((name) => (parts[name] ?? "") === "");
  return missing === undefined ? (parts as Partial<Record<Name, string>>) : `it lacks the line \`${missing}: ...\``;
}
