import type { SeriesComponent } from "../../../src/core/panel/series.ts";
import type { SeriesQuery } from "../../../src/sources/contract.ts";

/** What a source is filled with: small, with everything that real data do. */
export interface FixtureSeries {
  readonly component: SeriesComponent;
  readonly labels: Readonly<Record<string, string>>;
  /** [epoch seconds, value]; a missing pair is a gap. */
  readonly points: readonly (readonly [number, number])[];
}

export const STEP = 60;
export const FROM = 1_767_571_200;
export const TO = FROM + 199 * STEP;

const STAMPS = Array.from({ length: 200 }, (_, index) => FROM + index * STEP);
const GROUPS = { "zone-a": "treated", "zone-b": "control", "zone-c": "control" } as const;
type Unit = keyof typeof GROUPS;
const UNITS = Object.keys(GROUPS) as Unit[];
const groups = ["treated", "control"] as const;

/** Last point of the unit that is late. */
export const LATE = { unit: "zone-c", last: TO - 20 * STEP };
export const GAP = { unit: "zone-b", from: FROM + 50 * STEP, to: FROM + 70 * STEP };
export const NOT_A_NUMBER = { unit: "zone-a", at: FROM + 33 * STEP };

function isThere(unit: string, time: number): boolean {
  if (unit === LATE.unit) return time <= LATE.last;
  return unit !== GAP.unit || time < GAP.from || time >= GAP.to;
}

function valueAt(unit: string, time: number, position: number): number {
  if (unit === NOT_A_NUMBER.unit && time === NOT_A_NUMBER.at) return Number.NaN;
  // Values without a short decimal form, negative and tiny ones among them.
  return Math.sin(time / 977 + position) / (position + 3) - (time % 7) * 1e-9;
}

function seriesOf(component: SeriesComponent, le?: string): FixtureSeries[] {
  return UNITS.map((unit, position) => ({
    component,
    labels: { zone: unit, track: GROUPS[unit], ...(le === undefined ? {} : { le }) },
    points: STAMPS.filter((time) => isThere(unit, time)).map((time) => [
      time,
      valueAt(unit, time, position + component.length),
    ]),
  }));
}

export const FIXTURE: readonly FixtureSeries[] = [
  ...seriesOf("value"),
  ...seriesOf("numerator"),
  ...seriesOf("denominator"),
  ...["0.25", "1", "+Inf"].flatMap((le) => seriesOf("bucket", le)),
];

export function contractQuery(kind: SeriesQuery["kind"], overrides: Partial<SeriesQuery> = {}): SeriesQuery {
  const components: readonly SeriesComponent[] =
    kind === "ratio" ? ["numerator", "denominator"] : kind === "quantile" ? ["bucket"] : ["value"];
  return {
    sli: "contract",
    kind,
    queries: Object.fromEntries(components.map((component) => [component, component])),
    unitLabel: "zone",
    // Sources that know the unit only have no label "track".
    groupOf: ({ track, zone }) => groups.find((group) => group === (track ?? GROUPS[zone as Unit])) ?? null,
    from: FROM,
    to: TO,
    step: STEP,
    ...overrides,
  };
}
