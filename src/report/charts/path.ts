import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import type { PathChart } from "../model.ts";
import { coordinate, element, INNER, image, minuteAxis, text, valueAxis, verticalMark } from "./svg.ts";

/** Treated and counterfactual over time, with the deploy and the windows; a gap in the data is a gap in the line. */
export function pathSvg(chart: PathChart, id: string): string {
  const minutes = chart.offsets.map((offset) => (offset + chart.binSeconds / 2) / 60);
  const values = [...chart.treated, ...chart.counterfactual].filter((value): value is number => value !== null);
  const from = (chart.offsets[0] ?? 0) / 60;
  const to = ((chart.offsets.at(-1) ?? 0) + chart.binSeconds) / 60;
  const x = scaleLinear([from, to], [INNER.x0, INNER.x1]);
  const y = scaleLinear([Math.min(...values), Math.max(...values)], [INNER.y0, INNER.y1]).nice(5);
  const path = (series: readonly (number | null)[], className: string): string => {
    const drawn = line<number | null>()
      .defined((value) => value !== null)
      .x((_, index) => Number(coordinate(x(minutes[index] ?? 0))))
      .y((value) => Number(coordinate(y(value ?? 0))))([...series]);
    return drawn === null ? "" : element("path", { class: className, d: drawn });
  };
  return image(
    {
      id,
      title: `${chart.metric}: treated units and what was expected without the deploy`,
      description: `Lines over time from the deploy at ${chart.deployedAt}. The shaded span is the post window that is judged.`,
    },
    [
      ...shaded(chart, x),
      ...valueAxis(y, y.ticks(5), chart.unit),
      ...minuteAxis(x, from, to),
      ...(chart.unit === "" || chart.unit === "%" ? [] : [text(0, 8, chart.unit, { class: "axis" })]),
      verticalMark(x(0), "deploy"),
      ...(chart.postStart !== null && chart.postEnd !== null
        ? [text(Math.min(x(chart.postEnd / 60), INNER.x1) - 5, INNER.y0 - 6, "judged", JUDGED)]
        : []),
      ...chart.laterDeploys
        .map((seconds) => seconds / 60)
        .filter((minute) => minute <= to)
        .map((minute) => verticalMark(x(minute), "deploy")),
      path(chart.counterfactual, "line counterfactual"),
      path(chart.treated, "line treated"),
      text(INNER.x0, INNER.y0 + 36, axisNote(chart), { class: "axis" }),
    ],
  );
}

const JUDGED = { class: "tick", "text-anchor": "end" } as const;

function axisNote(chart: PathChart): string {
  const from = chart.laterDeploys.length > 0 ? "the first deploy" : "the deploy";
  return chart.cropped ? `time from ${from} (earlier data is not drawn)` : `time from ${from}`;
}

function shaded(chart: PathChart, x: (minutes: number) => number): readonly string[] {
  const { postStart, postEnd } = chart;
  if (postStart === null || postEnd === null) return [];
  const left = Math.max(x(postStart / 60), INNER.x0);
  const right = Math.min(x(postEnd / 60), INNER.x1);
  return [
    element("rect", {
      class: "window",
      x: left,
      y: INNER.y1,
      width: Math.max(right - left, 0),
      height: INNER.y0 - INNER.y1,
    }),
  ];
}
