import { scaleLinear } from "d3-scale";
import type { EventStudyChart } from "../model.ts";
import { element, horizontalMark, INNER, image, minuteAxis, text, valueAxis, verticalMark } from "./svg.ts";

/** Effect by time from the deploy: before it the points should scatter around zero. */
export function eventStudySvg(chart: EventStudyChart, id: string, label: string): string {
  const bounds = chart.points.flatMap((point) => [
    point.estimate,
    point.low ?? point.estimate,
    point.high ?? point.estimate,
  ]);
  const since = chart.ownDeploy ? "each unit's own deploy" : "the deploy";
  const minutes = chart.points.map((point) => point.minutes);
  const gap = Math.abs((minutes[1] ?? 1) - (minutes[0] ?? 0)) / 2;
  const from = Math.min(...minutes) - gap;
  const to = Math.max(...minutes) + gap;
  const x = scaleLinear([from, to], [INNER.x0, INNER.x1]);
  const y = scaleLinear([Math.min(0, ...bounds), Math.max(0, ...bounds)], [INNER.y0, INNER.y1]).nice(5);
  const marks = chart.points.flatMap((point) => {
    const at = x(point.minutes);
    const className = point.minutes < 0 ? "dot before" : "dot";
    const whisker =
      point.low === null || point.high === null
        ? []
        : [element("line", { class: "whisker", x1: at, x2: at, y1: y(point.low), y2: y(point.high) })];
    return [...whisker, element("circle", { class: className, cx: at, cy: y(point.estimate), r: 4 })];
  });
  return image(
    {
      id,
      title: `${label}: effect by time from ${since}`,
      description: "Before the deploy the points should scatter around zero; the numbers are in the table.",
    },
    [
      ...valueAxis(y, y.ticks(5), chart.unit),
      ...minuteAxis(x, from, to),
      horizontalMark(y(0), "zero"),
      verticalMark(x(0), "deploy"),
      ...marks,
      text(
        INNER.x0,
        INNER.y0 + 36,
        chart.unit === "%" || chart.unit === "" ? `time from ${since}` : `effect in ${chart.unit}; time from ${since}`,
        { class: "axis" },
      ),
    ],
  );
}
