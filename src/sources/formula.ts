/** A metric query with its name in the formula. */
export interface NamedQuery {
  readonly name: string;
  readonly query: string;
}

export interface Formula {
  readonly queries: readonly NamedQuery[];
  readonly formula: string;
}

const ASSIGNMENT = /^([a-z][a-z0-9_]*)\s*=\s*(\S.*)$/;

/**
 * The text of a query: one metric query, or lines `name = query` and a last line with the formula over the names.
 * A text: what is wrong with it.
 */
export function readFormula(text: string): Formula | string {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const formula = lines.at(-1) ?? "";
  if (lines.length < 2) return { queries: [{ name: "a", query: formula }], formula: "a" };
  const queries: NamedQuery[] = [];
  for (const line of lines.slice(0, -1)) {
    const [, name, query] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined || query === undefined) return `the line "${line.slice(0, 60)}" is not \`name = query\``;
    if (queries.some((one) => one.name === name)) return `the name ${name} stands for two queries`;
    queries.push({ name, query });
  }
  if (ASSIGNMENT.test(formula)) return "the last line must be the formula, such as `errors / requests`";
  return { queries, formula };
}
