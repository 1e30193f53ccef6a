import type { StepGrid } from "../grid.ts";
import { nearestName } from "../nearest.ts";
import { type Filling, fillIn, placeholdersIn, withoutPlaceholders } from "../template.ts";

/** Instants of the window: the first step, the last step, and the end of the last step. */
const INSTANTS = ["start", "end", "until"] as const;
const WINDOW = [...INSTANTS, ...INSTANTS.flatMap((name) => [`${name}-ms`, `${name}-iso`])];

/** What may stand between {{ and }}. */
const PLACEHOLDERS: readonly string[] = ["query", ...WINDOW, "step", "step-ms", "cursor", "page", "offset"];

/** What is wrong with the placeholders of a text; null: nothing. */
export function placeholderProblem(text: string): string | null {
  const unknown = placeholdersIn(text).find((name) => !PLACEHOLDERS.includes(name));
  if (unknown === undefined) return null;
  const meant = nearestName(unknown, PLACEHOLDERS);
  const known = PLACEHOLDERS.map((name) => `{{${name}}}`).join(", ");
  return `{{${unknown}}} is not known${meant === null ? "" : `; did you mean {{${meant}}}?`} There are: ${known}`;
}

export function namesWindow(text: string): boolean {
  return placeholdersIn(text).some((name) => WINDOW.includes(name));
}

export function fillingFor(query: string, piece: StepGrid): Filling {
  const instants = { start: piece.start, end: piece.end, until: piece.end + piece.step };
  const filling: Record<string, string | number> = {
    query: query.trim(),
    step: piece.step,
    "step-ms": piece.step * 1000,
  };
  for (const name of INSTANTS) {
    const seconds = instants[name];
    filling[name] = seconds;
    filling[`${name}-ms`] = Math.round(seconds * 1000);
    filling[`${name}-iso`] = new Date(seconds * 1000).toISOString();
  }
  return filling;
}

/** A text with its placeholders filled in; null when all that it holds is a placeholder without a value. */
export function fill(text: string, filling: Filling, encode?: (value: string) => string): string | null {
  const names = placeholdersIn(text);
  const isEmpty = names.length > 0 && names.every((name) => filling[name] === undefined);
  return isEmpty && withoutPlaceholders(text).trim() === "" ? null : fillIn(text, filling, encode);
}

/** The same for every text of a JSON value; a text that is nothing but a placeholder takes the kind of its value. */
export function fillJson(value: unknown, filling: Filling): unknown {
  if (typeof value === "string") {
    const [only, another] = placeholdersIn(value);
    const isAlone = only !== undefined && another === undefined && withoutPlaceholders(value) === "";
    return isAlone ? filling[only] : (fill(value, filling) ?? undefined);
  }
  if (Array.isArray(value)) return value.map((one) => fillJson(one, filling)).filter((one) => one !== undefined);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fillJson(one, filling)]));
}

/** Every text inside a JSON value. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
