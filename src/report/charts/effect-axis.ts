import { scaleLinear } from "d3-scale";
import type { EffectMark } from "../model.ts";
import { element, FRAME, INNER, image, text, tickLabels } from "./svg.ts";

const SIZE = { width: FRAME.width, height: 138 } as const;
const [TOP, LINE, FOOT] = [30, 68, 100] as const;
/** Room in the harm zone that its words need. */
const WORDS = 150;
/** Room that the words of the margin need. */
const WORD = 90;

export interface EffectWords {
  readonly label: string;
  readonly sentence: string;
  /** `+12.4%` */
  readonly change: string;
  /** `5%`, `none` */
  readonly margin: string;
}

/** One effect at full width: its interval against no effect and against the margin, on an axis with numbers. */
export function effectAxisSvg(mark: EffectMark, id: string, words: EffectWords): string {
  const known = [mark.att, mark.low, mark.high, mark.margin, 0].filter((value): value is number => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const air = (most - least || 1) * 0.1;
  const x = scaleLinear([least - air, most + air], [INNER.x0 - 30, INNER.x1]);
  const ticks = x.ticks(6);
  const labels = tickLabels(ticks, mark.unit);
  return image(
    { id, title: `Effect on ${words.label} against its margin`, description: words.sentence },
    [
      ...harmZone(mark, x, words),
      ...ticks.flatMap((tick, index) => [
        element("line", { class: "grid", x1: x(tick), x2: x(tick), y1: TOP, y2: FOOT }),
        text(x(tick), FOOT + 17, labels[index] ?? "", { class: "tick", "text-anchor": "middle" }),
      ]),
      ...marginLine(mark, x),
      element("line", { class: "zero", x1: x(0), x2: x(0), y1: TOP, y2: FOOT }),
      text(x(0) + (mark.worse === "up" ? -5 : 5), TOP - 8, "no effect", {
        class: "tick",
        "text-anchor": mark.worse === "up" && x(0) > 60 ? "end" : "start",
      }),
      ...whisker(mark, x),
      element("circle", { class: "dot", cx: x(mark.att), cy: LINE, r: 6.5 }),
      text(x(mark.att), LINE - 14, words.change, { class: "tick strong", "text-anchor": "middle" }),
      ...(mark.unit === "" || mark.unit === "%"
        ? []
        : [text(INNER.x1, FOOT + 33, `change in ${mark.unit}`, { class: "axis", "text-anchor": "end" })]),
    ],
    SIZE,
  );
}

/** The words of the margin stand on the harmful side of its line, unless they would leave the drawing there. */
function marginWord(edge: number, isRight: boolean, label: string): string {
  return text(edge + (isRight ? 5 : -5), TOP - 8, label, { class: "tick", "text-anchor": isRight ? "start" : "end" });
}

type Position = (value: number) => number;

function harmZone(mark: EffectMark, x: Position, { margin }: EffectWords): readonly string[] {
  if (mark.margin === null) return [];
  const edge = x(mark.margin);
  const isUp = mark.worse === "up";
  const width = Math.max(isUp ? SIZE.width - edge : edge, 0);
  const label = margin === "none" || margin === "-" ? "no margin" : `margin ${margin}`;
  return [
    element("rect", { class: "harm", x: isUp ? edge : 0, y: TOP, width, height: FOOT - TOP }),
    ...(margin === "none" ? [] : [marginWord(edge, isUp === width >= WORD, label)]),
    ...(width < WORDS
      ? []
      : [
          text(isUp ? SIZE.width - 6 : 6, FOOT - 7, "harm beyond the margin", {
            class: "tick harm-word",
            "text-anchor": isUp ? "end" : "start",
          }),
        ]),
  ];
}

function marginLine({ margin }: EffectMark, x: Position): readonly string[] {
  return margin === null ? [] : [element("line", { class: "margin", x1: x(margin), x2: x(margin), y1: TOP, y2: FOOT })];
}

function whisker({ low, high }: EffectMark, x: Position): readonly string[] {
  if (low === null || high === null) return [];
  return [
    element("line", { class: "whisker", x1: x(low), x2: x(high), y1: LINE, y2: LINE }),
    ...[low, high].map((end) =>
      element("line", { class: "whisker", x1: x(end), x2: x(end), y1: LINE - 7, y2: LINE + 7 }),
    ),
  ];
}
