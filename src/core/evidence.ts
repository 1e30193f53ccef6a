import type { Series } from "./panel/series.ts";
import type { EvidenceSeries } from "./result.ts";

type Stored = EvidenceSeries["values"][number];

/** Raw series as plain JSON: start and step for regular stamps, all stamps otherwise. Values keep every digit. */
export function toEvidence(series: readonly Series[]): EvidenceSeries[] {
  return series.map((one) => {
    const head = { unit: one.unit, group: one.group, component: one.component, ...part(one), ...bound(one) };
    const spacing = regularSpacing(one.times);
    if (spacing === null) {
      const weights = one.weights === undefined ? {} : { weights: Array.from(one.weights, store) };
      return { ...head, times: Array.from(one.times), values: Array.from(one.values, store), ...weights };
    }
    const start = one.times[0] as number;
    const weights = one.weights === undefined ? {} : { weights: onGrid(one.times, one.weights, start, spacing) };
    return { ...head, start, step: spacing, values: onGrid(one.times, one.values, start, spacing), ...weights };
  });
}

export function fromEvidence(evidence: readonly EvidenceSeries[]): Series[] {
  return evidence.map((one) => {
    const stamps = one.times ?? one.values.map((_, i) => (one.start ?? 0) + i * (one.step ?? 0));
    const rows = one.values.flatMap((value, i) => (value === null && one.times === undefined ? [] : [i]));
    const pick = (values: readonly Stored[]): Float64Array => Float64Array.from(rows, (i) => load(values[i] ?? null));
    return {
      unit: one.unit,
      group: one.group,
      component: one.component,
      ...part(one),
      ...(one.le === undefined ? {} : { le: one.le === "+Inf" ? Number.POSITIVE_INFINITY : one.le }),
      times: Float64Array.from(rows, (i) => stamps[i] as number),
      values: pick(one.values),
      ...(one.weights === undefined ? {} : { weights: pick(one.weights) }),
    };
  });
}

function part({ subgroup }: Pick<Series, "subgroup">): { subgroup?: string } {
  return subgroup === undefined ? {} : { subgroup };
}

function bound(series: Series): { le?: number | "+Inf" } {
  if (series.le === undefined) return {};
  return { le: Number.isFinite(series.le) ? series.le : "+Inf" };
}

/** Common divisor spacing of ascending unique integer stamps with at most half of the grid missing; else null. */
function regularSpacing(times: Float64Array): number | null {
  if (times.length < 2) return null;
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 1; i < times.length; i++) smallest = Math.min(smallest, (times[i] as number) - (times[i - 1] as number));
  if (!(smallest > 0) || !Number.isInteger(smallest)) return null;
  for (let i = 1; i < times.length; i++) {
    if (((times[i] as number) - (times[i - 1] as number)) % smallest !== 0) return null;
  }
  const span = (times[times.length - 1] as number) - (times[0] as number);
  return span / smallest + 1 <= 2 * times.length ? smallest : null;
}

function onGrid(times: Float64Array, values: Float64Array, start: number, step: number): Stored[] {
  const length = ((times[times.length - 1] as number) - start) / step + 1;
  const stored = new Array<Stored>(length).fill(null);
  for (let i = 0; i < times.length; i++) stored[((times[i] as number) - start) / step] = store(values[i] as number);
  return stored;
}

function store(value: number): Stored {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

function load(value: Stored): number {
  return value === null ? Number.NaN : Number(value);
}
