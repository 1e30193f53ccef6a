import { scaleLinear } from "d3-scale";
import type { PlaceboChart } from "../model.ts";
import { dotted, element, INNER, image, text, tickLabels, verticalMark } from "./svg.ts";

const COLUMNS = 36;
const LARGEST_DOT = 5;

/**
 * Effects of what was not the deploy (fake deploys before the real one, controls in the place of the treated) as stacked
 * dots, the real effect as a line: is it unlike what happens anyway?
 */
export function placeboSvg(chart: PlaceboChart, id: string, label: string, what: string): string {
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
    Array.from({ length: height }, (_, level): readonly [number, number] => [
      INNER.x0 + ((column + 0.5) / COLUMNS) * (INNER.x1 - INNER.x0),
      INNER.y0 - radius - 1 - level * radius * 2.2,
    ]),
  );
  const ticks = x.ticks(6);
  const labels = tickLabels(ticks, chart.unit);
  const at = x(chart.effect);
  const isRight = at > (INNER.x0 + INNER.x1) / 2;
  return image(
    {
      id,
      title: `${label}: this deploy among ${chart.placebos.length} ${what}`,
      description: `Each dot is the effect of one of the ${what}; the line is this deploy.`,
    },
    [
      element("line", { class: "grid", x1: INNER.x0, x2: INNER.x1, y1: INNER.y0, y2: INNER.y0 }),
      ...ticks.map((tick, index) =>
        text(x(tick), INNER.y0 + 18, labels[index] ?? "", { class: "tick", "text-anchor": "middle" }),
      ),
      verticalMark(x(0), "zero"),
      dotted(dots, radius, "placebo"),
      verticalMark(at, "effect"),
      text(at + (isRight ? -6 : 6), INNER.y1 + 10, "this deploy", {
        class: "tick strong",
        "text-anchor": isRight ? "end" : "start",
      }),
      text(
        INNER.x0,
        INNER.y0 + 36,
        chart.unit === "%" || chart.unit === "" ? `effect of ${what}` : `effect of ${what} in ${chart.unit}`,
        { class: "axis" },
      ),
    ],
  );
}
