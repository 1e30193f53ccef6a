import { scaleLinear } from "d3-scale";
import type { PlaceboChart } from "../model.ts";
import { element, INNER, image, text, tickLabels, verticalMark } from "./svg.ts";

const COLUMNS = 36;
const LARGEST_DOT = 5;

/** Fake deploys before the real one as stacked dots, the real effect as a line: is it unlike what happens anyway? */
export function placeboSvg(chart: PlaceboChart, id: string, label: string): string {
  const all = [...chart.placebos, chart.effect, 0];
  const x = scaleLinear([Math.min(...all), Math.max(...all)], [INNER.x0, INNER.x1]).nice(6);
  const [least = 0, most = 1] = x.domain();
  const columnOf = (value: number): number =>
    Math.min(COLUMNS - 1, Math.floor(((value - least) / (most - least || 1)) * COLUMNS));
  const stacks = Array.from(
    { length: COLUMNS },
    (_, column) => chart.placebos.filter((value) => columnOf(value) === column).length,
  );
  const radius = Math.min(LARGEST_DOT, (INNER.y0 - INNER.y1 - 20) / Math.max(...stacks, 1) / 2.2);
  const dots = stacks.flatMap((height, column) =>
    Array.from({ length: height }, (_, level) =>
      element("circle", {
        class: "placebo",
        cx: INNER.x0 + ((column + 0.5) / COLUMNS) * (INNER.x1 - INNER.x0),
        cy: INNER.y0 - radius - 1 - level * radius * 2.2,
        r: radius,
      }),
    ),
  );
  const ticks = x.ticks(6);
  const labels = tickLabels(ticks, chart.unit);
  const at = x(chart.effect);
  const isRight = at > (INNER.x0 + INNER.x1) / 2;
  return image(
    {
      id,
      title: `${label}: the real deploy among ${chart.placebos.length} fake ones`,
      description: "Each dot is the effect of a fake deploy before the real one; the line is the real one.",
    },
    [
      element("line", { class: "grid", x1: INNER.x0, x2: INNER.x1, y1: INNER.y0, y2: INNER.y0 }),
      ...ticks.map((tick, index) =>
        text(x(tick), INNER.y0 + 18, labels[index] ?? "", { class: "tick", "text-anchor": "middle" }),
      ),
      verticalMark(x(0), "zero"),
      ...dots,
      verticalMark(at, "effect"),
      text(at + (isRight ? -6 : 6), INNER.y1 + 10, "this deploy", {
        class: "tick strong",
        "text-anchor": isRight ? "end" : "start",
      }),
      text(
        INNER.x0,
        INNER.y0 + 36,
        chart.unit === "%" || chart.unit === "" ? "effect of fake deploys" : `effect of fake deploys in ${chart.unit}`,
        { class: "axis" },
      ),
    ],
  );
}
