import { scaleLinear } from "d3-scale";
import type { EffectMark } from "../model.ts";
import { element, image } from "./svg.ts";

const SIZE = { width: 180, height: 34 } as const;
const EDGE = 8;

/** Dot and whisker of one effect against zero and its margin; each metric has its own scale. */
export function effectSvg(mark: EffectMark, id: string, label: string, sentence: string): string {
  const known = [mark.att, mark.low, mark.high, mark.margin, 0].filter((value): value is number => value !== null);
  const least = Math.min(...known);
  const most = Math.max(...known);
  const air = (most - least || 1) * 0.08;
  const x = scaleLinear([least - air, most + air], [EDGE, SIZE.width - EDGE]);
  const middle = SIZE.height / 2;
  return image(
    { id, title: `Effect on ${label} against its margin`, description: sentence },
    [
      ...harmZone(mark, x),
      element("line", { class: "baseline", x1: EDGE, x2: SIZE.width - EDGE, y1: middle, y2: middle }),
      element("line", { class: "zero", x1: x(0), x2: x(0), y1: 4, y2: SIZE.height - 4 }),
      ...whisker(mark, x, middle),
      element("circle", { class: "dot", cx: x(mark.att), cy: middle, r: 4.5 }),
    ],
    SIZE,
  );
}

/** Everything beyond the margin on the side that is worse. */
function harmZone(mark: EffectMark, x: (value: number) => number): readonly string[] {
  if (mark.margin === null) return [];
  const edge = x(mark.margin);
  const isUp = mark.worse === "up";
  return [
    element("rect", {
      class: "harm",
      x: isUp ? edge : 0,
      y: 2,
      width: Math.max(isUp ? SIZE.width - edge : edge, 0),
      height: SIZE.height - 4,
    }),
    element("line", { class: "margin", x1: edge, x2: edge, y1: 2, y2: SIZE.height - 2 }),
  ];
}

function whisker(mark: EffectMark, x: (value: number) => number, middle: number): readonly string[] {
  if (mark.low === null || mark.high === null) return [];
  const ends = [x(mark.low), x(mark.high)];
  return [
    element("line", { class: "whisker", x1: ends[0] ?? 0, x2: ends[1] ?? 0, y1: middle, y2: middle }),
    ...ends.map((end) => element("line", { class: "whisker", x1: end, x2: end, y1: middle - 5, y2: middle + 5 })),
  ];
}
