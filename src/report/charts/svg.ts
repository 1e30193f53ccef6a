import { escapeHtml } from "../escape.ts";
import { decimalsOf, fixed } from "../format.ts";

/** Markup as text: attributes and text are escaped here, nested elements are passed through. */
export type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? coordinate(value) : escapeHtml(value)}"`)
    .join("");
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join("")}</${name}>`;
}

/** A tenth of a pixel is enough and keeps the same bytes on every machine. */
export function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10 || 0);
}

export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element("text", { x, y, ...attributes }, [escapeHtml(content)]);
}

/** Upright lines of one kind as one path. */
export function uprights(
  lines: readonly (readonly [x: number, from: number, to: number])[],
  className: string,
): string {
  if (lines.length === 0) return "";
  const d = lines.map(([x, from, to]) => `M${coordinate(x)} ${coordinate(from)}V${coordinate(to)}`).join("");
  return element("path", { class: className, d });
}

/** Many dots of one kind as one path of points with round ends: a tenth of the bytes of as many circles. */
export function dotted(points: readonly (readonly [number, number])[], radius: number, className: string): string {
  if (points.length === 0) return "";
  const d = points.map(([x, y]) => `M${coordinate(x)} ${coordinate(y)}h0`).join("");
  return element("path", { class: `dots ${className}`, d, "stroke-width": 2 * radius });
}

/** All charts share one size, so that their letters are equally large side by side and on a phone. */
export const FRAME = { width: 480, height: 236, left: 58, right: 14, top: 16, bottom: 42 } as const;
export const INNER = {
  x0: FRAME.left,
  x1: FRAME.width - FRAME.right,
  y0: FRAME.height - FRAME.bottom,
  y1: FRAME.top,
} as const;

export interface ChartText {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/** An image with a name and a description for those who do not see it. */
export function image(
  named: ChartText,
  children: readonly string[],
  size: { width: number; height: number } = FRAME,
): string {
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${size.width} ${size.height}`,
      role: "img",
      "aria-labelledby": `${named.id}-title ${named.id}-desc`,
      class: "chart",
    },
    [
      element("title", { id: `${named.id}-title` }, [escapeHtml(named.title)]),
      element("desc", { id: `${named.id}-desc` }, [escapeHtml(named.description)]),
      ...children,
    ],
  );
}

export type Position = (value: number) => number;

/** Ticks share their decimals: those of the step between them. */
export function tickLabels(ticks: readonly number[], unit: string): readonly string[] {
  const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0));
  const decimals = decimalsOf(step, 1);
  const more = ticks.some((tick) => Math.abs(Number(tick.toFixed(decimals)) - tick) > step / 100) ? 1 : 0;
  return ticks.map((tick) => `${fixed(tick, decimals + more)}${unit === "%" ? "%" : ""}`);
}

export function valueAxis(position: Position, ticks: readonly number[], unit: string): readonly string[] {
  const labels = tickLabels(ticks, unit);
  const d = ticks.map((tick) => `M${INNER.x0} ${coordinate(position(tick))}H${INNER.x1}`).join("");
  return [
    element("path", { class: "grid", d }),
    ...ticks.map((tick, index) =>
      text(INNER.x0 - 6, position(tick) + 4, labels[index] ?? "", { class: "tick", "text-anchor": "end" }),
    ),
  ];
}

const MINUTE_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080] as const;

/** Ticks at whole minutes, hours or days from the deploy. */
export function minuteTicks(from: number, to: number, most = 7): readonly number[] {
  const step = MINUTE_STEPS.find((candidate) => (to - from) / candidate <= most) ?? Math.ceil((to - from) / most);
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick);
  return ticks;
}

function minuteLabel(minutes: number): string {
  if (minutes === 0) return "deploy";
  const sign = minutes > 0 ? "+" : "-";
  const size = Math.abs(minutes);
  if (size % 1440 === 0) return `${sign}${size / 1440} d`;
  return size % 60 === 0 ? `${sign}${size / 60} h` : `${sign}${size} min`;
}

export function minuteAxis(position: Position, from: number, to: number, most?: number): readonly string[] {
  return minuteTicks(from, to, most).map((tick) =>
    text(position(tick), INNER.y0 + 18, minuteLabel(tick), {
      class: tick === 0 ? "tick strong" : "tick",
      "text-anchor": "middle",
    }),
  );
}

export function verticalMark(x: number, className: string): string {
  return element("line", { class: className, x1: x, x2: x, y1: INNER.y0, y2: INNER.y1 });
}

export function horizontalMark(y: number, className: string): string {
  return element("line", { class: className, x1: INNER.x0, x2: INNER.x1, y1: y, y2: y });
}
