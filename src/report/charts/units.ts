import { scaleLinear } from "d3-scale";
import { shorten } from "../escape.ts";
import type { UnitsChart } from "../model.ts";
import { dotted, element, FRAME, INNER, image, text, tickLabels, uprights } from "./svg.ts";

/** With more units a lane of their own would make the drawing longer than a screen: all of a group share one. */
const MOST_LANES = 24;
const LANE = 17;
const SHARED_LANE = 60;
const HEAD = 12;
const LONGEST_NAME = 14;

interface Lane {
  readonly label: string;
  readonly group: "treated" | "control";
  readonly height: number;
  readonly values: readonly number[];
}

/** Every unit's own change as a dot: does one carry the result, or do all of them show it? */
export function unitsSvg(chart: UnitsChart, id: string, label: string): string {
  const lanes = lanesOf(chart);
  const height = HEAD + lanes.reduce((sum, lane) => sum + lane.height, 0);
  const all = [...chart.units.map((one) => one.change), 0, ...(chart.margin === null ? [] : [chart.margin])];
  const x = scaleLinear([Math.min(...all), Math.max(...all)], [INNER.x0 + 44, INNER.x1]).nice(5);
  const ticks = x.ticks(5);
  const labels = tickLabels(ticks, chart.unit);
  return image(
    {
      id,
      title: `${label}: change of every unit`,
      description:
        "Each dot is one unit: solid with the deploy, hollow without it. The numbers are in the table of units.",
    },
    [
      uprights(
        ticks.map((tick) => [x(tick), HEAD, height]),
        "grid",
      ),
      ...ticks.map((tick, index) =>
        text(x(tick), height + 16, labels[index] ?? "", { class: "tick", "text-anchor": "middle" }),
      ),
      element("line", { class: "zero", x1: x(0), x2: x(0), y1: HEAD, y2: height }),
      ...(chart.margin === null
        ? []
        : [element("line", { class: "margin", x1: x(chart.margin), x2: x(chart.margin), y1: HEAD, y2: height })]),
      ...dots(lanes, x),
      text(INNER.x0 + 44, height + 34, axisNote(chart), { class: "axis" }),
    ],
    { width: FRAME.width, height: height + 40 },
  );
}

function axisNote({ unit, margin }: UnitsChart): string {
  const change = unit === "" || unit === "%" ? "own change after the deploy" : `own change after the deploy in ${unit}`;
  return margin === null ? change : `${change}; solid line: margin`;
}

function lanesOf({ units }: UnitsChart): readonly Lane[] {
  if (units.length <= MOST_LANES)
    return units.map(({ name, group, change }) => ({ label: name, group, height: LANE, values: [change] }));
  return (["treated", "control"] as const).flatMap((group) => {
    const values = units.filter((one) => one.group === group).map((one) => one.change);
    return values.length === 0 ? [] : [{ label: `${values.length} ${group}`, group, height: SHARED_LANE, values }];
  });
}

/** Units of a shared lane stand at heights that follow from their place, so that the drawing is always the same. */
function dots(lanes: readonly Lane[], x: (value: number) => number): readonly string[] {
  let top = HEAD;
  return lanes.flatMap(({ label, group, height, values }) => {
    const middle = top + height / 2;
    top += height;
    const isShared = values.length > 1;
    return [
      text(INNER.x0 + 36, middle + 4, shorten(label, LONGEST_NAME), { class: "tick", "text-anchor": "end" }),
      ...unitDots(
        values.map((value, index) => [x(value), isShared ? middle + (((index * 7) % 5) - 2) * 8 : middle]),
        group,
      ),
    ];
  });
}

/** Hollow ones are a smaller dot in the colour of the paper on the dot. */
function unitDots(points: readonly (readonly [number, number])[], group: Lane["group"]): readonly string[] {
  return [dotted(points, 4.5, `unit ${group}`), ...(group === "control" ? [dotted(points, 2.5, "paper")] : [])];
}
