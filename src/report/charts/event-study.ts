import { scaleLinear } from "d3-scale";
import type { EventStudyChart } from "../model.ts";
import {
  dotted,
  horizontalMark,
  INNER,
  image,
  minuteAxis,
  type Position,
  text,
  uprights,
  valueAxis,
  verticalMark,
} from "./svg.ts";

type EventStudyPoint = EventStudyChart["points"][number];

/** Effect by time from the deploy: before it the points should scatter around zero. */
export function eventStudySvg(chart: EventStudyChart, id: string, label: string): string {
  const bounds = chart.points.flatMap((point) => [
    point.estimate,
    point.low ?? point.estimate,
    point.high ?? point.estimate,
  ]);
  const since = chart.ownDeploy ? "each unit's own deploy" : "the deploy";
  const time = timeScale(chart.points.map((point) => point.minutes));
  const x = time.position;
  const y = scaleLinear([Math.min(0, ...bounds), Math.max(0, ...bounds)], [INNER.y0, INNER.y1]).nice(5);
  const place = (point: EventStudyPoint): readonly [number, number] => [x(point.minutes), y(point.estimate)];
  const before = chart.points.filter((point) => point.minutes < 0).map(place);
  const marks = [
    uprights(
      chart.points.flatMap(({ minutes, low, high }) =>
        low === null || high === null ? [] : [[x(minutes), y(low), y(high)] as const],
      ),
      "whisker",
    ),
    dotted(chart.points.map(place), 4.5, "ink"),
    dotted(before, 2.5, "paper"),
  ];
  return image(
    {
      id,
      title: `${label}: effect by time from ${since}`,
      description: "Before the deploy the points should scatter around zero; the numbers are in the table.",
    },
    [
      ...valueAxis(y, y.ticks(5), chart.unit),
      ...time.axis,
      horizontalMark(y(0), "zero"),
      verticalMark(x(0), "deploy"),
      ...marks,
      text(
        INNER.x0,
        INNER.y0 + 36,
        `${chart.unit === "%" || chart.unit === "" ? "" : `effect in ${chart.unit}; `}time from ${since}${time.isBroken ? ", another scale on each side" : ""}`,
        { class: "axis" },
      ),
    ],
  );
}

interface TimeScale {
  readonly position: Position;
  readonly axis: readonly string[];
  /** Before and after the deploy are drawn at different scales. */
  readonly isBroken: boolean;
}

/** Bins before may be hours and after minutes: then each side gets the width that its number of bins asks for. */
function timeScale(minutes: readonly number[]): TimeScale {
  const before = minutes.filter((minute) => minute < 0);
  const after = minutes.filter((minute) => minute >= 0);
  const half = (side: readonly number[]): number => Math.abs((side[1] ?? 2) - (side[0] ?? 0)) / 2 || 1;
  const [from, to] = [Math.min(...minutes) - half(minutes), Math.max(...minutes) + half(after)];
  const ratio = half(before) / half(after);
  if (before.length < 2 || after.length < 2 || (ratio < 2 && ratio > 0.5)) {
    const position = scaleLinear([from, to], [INNER.x0, INNER.x1]);
    return { position, axis: minuteAxis(position, from, to), isBroken: false };
  }
  const middle = INNER.x0 + ((INNER.x1 - INNER.x0) * before.length) / minutes.length;
  const [left, right] = [scaleLinear([from, 0], [INNER.x0, middle]), scaleLinear([0, to], [middle, INNER.x1])];
  return {
    position: (minute) => (minute < 0 ? left(minute) : right(minute)),
    // the deploy is labelled once
    axis: [...minuteAxis(left, from, -1e-9, 3), ...minuteAxis(right, 0, to, 3)],
    isBroken: true,
  };
}
