import { MOST_LOOKS } from "../../config/config.ts";
import { DURATION_EXAMPLES, parseDuration } from "../../config/duration.ts";
import { MARGIN_EXAMPLES, parseMargin } from "../../config/margin.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { Kind, Margin } from "../../core/plan.ts";
import { nearestName } from "../../sources/nearest.ts";

/** Flags arrive as text; each reader names the flag in its error. All errors here are USAGE (exit 64). */
function usage(message: string, hint: string): DeployImpactError {
  return new DeployImpactError("USAGE", message, { hint });
}

/** Seconds; undefined when the flag was not given. */
export function durationFlag(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds !== null) return seconds;
  throw usage(`${name}: "${text}" is not a duration.`, `Write for example ${DURATION_EXAMPLES}, or plain seconds.`);
}

export function positiveDurationFlag(name: string, text: string | undefined): number | undefined {
  const seconds = durationFlag(name, text);
  if (seconds === 0) throw usage(`${name} must be longer than zero.`, `Write for example ${DURATION_EXAMPLES}.`);
  return seconds;
}

export function marginFlag(text: string, kind: Kind): Margin {
  const margin = parseMargin(text, kind);
  if (margin.ok) return margin.value;
  throw usage(`--margin: ${margin.problem}.`, `Write ${MARGIN_EXAMPLES}.`);
}

export function choiceFlag<T extends string>(
  name: string,
  text: string | undefined,
  choices: readonly T[],
): T | undefined {
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const meant = nearestName(text, choices);
  throw usage(
    `${name}: "${text}" is not allowed${meant === null ? "." : `; did you mean "${meant}"?`}`,
    `Allowed: ${choices.join(", ")}.`,
  );
}

export function alphaFlag(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const alpha = /^\d*\.?\d+(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (alpha > 0 && alpha <= 0.5) return alpha;
  throw usage(`--alpha: "${text}" is not a level between 0 and 0.5.`, "Write for example 0.05 for intervals of 95%.");
}

export function seedFlag(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seed = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (seed < 2 ** 32) return seed;
  throw usage(`--seed: "${text}" is not a whole number from 0 to 4294967295.`, "Write for example --seed 7.");
}

/** `2/4` */
export function lookFlag(text: string | undefined): { readonly number: number; readonly of: number } | null {
  if (text === undefined) return null;
  const [, first = "", second = ""] = /^(\d{1,3})\/(\d{1,3})$/.exec(text.trim()) ?? [];
  const [number, of] = [Number(first), Number(second)];
  if (number >= 1 && number <= of && of >= 2 && of <= MOST_LOOKS) return { number, of };
  throw usage(
    `--look: "${text}" is not one of several looks.`,
    `Write which look of how many it is, for example --look 1/4 (at most ${MOST_LOOKS} looks).`,
  );
}

/** `a,b` */
export function listFlag(name: string, text: string | undefined): string[] {
  if (text === undefined) return [];
  const items = text.split(",").map((item) => item.trim());
  if (items.every((item) => item !== "")) return [...new Set(items)];
  throw usage(`${name}: "${text}" holds an empty name.`, "Write names separated by single commas, for example a,b.");
}
