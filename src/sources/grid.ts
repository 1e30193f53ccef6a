/** Steps of a range query: `start`, `start + step`, ... `end`, epoch seconds, both ends included. */
export interface StepGrid {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Prometheus counts in milliseconds; a division may end a hair beside the whole number it means. */
const ROUNDING = 1e-6;

/**
 * One instant for each step [from, from + step), ... [to, to + step): the whole multiple of the step since the epoch
 * that lies in it. When `from` and `to` are such multiples these are the very instants asked for. null: no step.
 *
 * VictoriaMetrics and caching front ends move start and end to such multiples by themselves. Asking for them in the
 * first place makes every server answer for the same instants.
 */
export function alignedGrid(from: number, to: number, step: number): StepGrid | null {
  const first = Math.ceil(from / step - ROUNDING);
  const last = Math.ceil(to / step - ROUNDING);
  return last < first ? null : { start: toMilliseconds(first * step), end: toMilliseconds(last * step), step };
}

/** Splits a grid into consecutive grids of at most `maxPoints` steps; no step is in two of them and none is lost. */
export function splitGrid(grid: StepGrid, maxPoints: number): StepGrid[] {
  const points = countSteps(grid);
  const parts: StepGrid[] = [];
  for (let first = 0; first < points; first += maxPoints) {
    const last = Math.min(first + maxPoints, points) - 1;
    parts.push({
      start: toMilliseconds(grid.start + first * grid.step),
      end: toMilliseconds(grid.start + last * grid.step),
      step: grid.step,
    });
  }
  return parts;
}

export function countSteps(grid: StepGrid): number {
  return Math.floor((grid.end - grid.start) / grid.step + ROUNDING) + 1;
}

function toMilliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
