import { DeployImpactError } from "../core/errors.ts";
import type { LabelledSeries } from "./labelled-series.ts";

/** With fewer points a regular distance may be chance: events that are rare. */
const FEWEST_POINTS = 10;

/**
 * Seconds between points when they are not those that were asked for; some services widen them without a word. null: they
 * are as asked, or there are too few to tell.
 *
 * Rule: points nearer than a step are finer; points that all lie on multiples of one longer distance, counted from the
 * epoch as such services count, are coarser.
 */
export function otherSpacing(series: readonly LabelledSeries[], step: number): number | null {
  const stamps = [...new Set(series.flatMap((one) => [...one.times]))].sort((a, b) => a - b);
  const shortest = stamps.reduce(
    (least, stamp, index) => Math.min(least, stamp - (stamps[index - 1] ?? Number.NEGATIVE_INFINITY)),
    Number.POSITIVE_INFINITY,
  );
  if (shortest < step) return shortest;
  const isRegular = stamps.length >= FEWEST_POINTS && stamps.every((stamp) => stamp % shortest === 0);
  return shortest > step && isRegular ? shortest : null;
}

const TOO_WIDE = "wider apart than asked for";

export function spacingError(what: string, spacing: number, step: number, remedy: string): DeployImpactError {
  const says =
    spacing > step
      ? `its points are ${TOO_WIDE}: ${spacing} s, not ${step} s`
      : `it has a point every ${spacing} s, not every ${step} s`;
  return new DeployImpactError("SOURCE_REJECTED", `The answer to ${what} cannot be used: ${says}.`, {
    hint: `${remedy}, or set \`windows.step\` to ${spacing}s.`,
  });
}

/** A shorter range may come with finer points. */
export function mayBeFinerWhenShorter(error: unknown): boolean {
  return error instanceof DeployImpactError && (error.code === "SOURCE_TOO_LARGE" || error.message.includes(TOO_WIDE));
}
