import { readEpoch, readNumberText, readTimeText } from "../file/values.ts";
import type { Labels } from "../labelled-series.ts";
import type { Row } from "../rows.ts";
import { type JsonPath, type Place, select } from "./select.ts";

/** Where things stand in the answer. */
export interface Layout {
  readonly rows: JsonPath;
  readonly labels: Readonly<Record<string, JsonPath>>;
  readonly time: JsonPath;
  readonly value: JsonPath;
  /** Divides numeric times to seconds. */
  readonly perSecond: number;
}

export type Reading =
  | { readonly ok: true; readonly rows: readonly Row[]; readonly places: number }
  | { readonly ok: false; readonly detail: string };

interface Lists {
  readonly times: readonly Place[];
  readonly values: readonly Place[];
  readonly labels: readonly (readonly [name: string, places: readonly Place[]])[];
}

/** One value per time in each row; a label is that of the whole row, or one per time as well. */
export function readRows(answer: unknown, layout: Layout): Reading {
  const whole: Place = { name: "", value: answer };
  const places = select(layout.rows, answer, whole);
  // An empty list has no rows; without the list itself another answer was meant.
  const list = { ...layout.rows, steps: untilAll(layout.rows.steps) };
  if (places.length === 0 && select(list, answer, whole).length === 0) {
    return { ok: false, detail: "it has nothing where `rows` of the source points" };
  }
  const rows: Row[] = [];
  for (const [index, place] of places.entries()) {
    const lists: Lists = {
      times: select(layout.time, answer, place),
      values: select(layout.value, answer, place),
      labels: Object.entries(layout.labels).map(([name, path]) => [name, select(path, answer, place)]),
    };
    const problem = readInto(rows, lists, layout);
    if (problem !== null) return { ok: false, detail: `row ${index + 1} ${problem}` };
  }
  return { ok: true, rows, places: places.length };
}

function untilAll(steps: JsonPath["steps"]): JsonPath["steps"] {
  const first = steps.findIndex((step) => typeof step === "object");
  return first < 0 ? steps : steps.slice(0, first);
}

/** What is wrong with a row; null: nothing. */
function readInto(rows: Row[], { times, values, labels }: Lists, { perSecond }: Layout): string | null {
  if (times.length !== values.length) return `has ${times.length} times and ${values.length} values`;
  const uneven = labels.find(([, list]) => list.length > 1 && list.length !== times.length);
  if (uneven !== undefined) return `has ${times.length} times and ${uneven[1].length} of the label ${uneven[0]}`;
  for (const [index, place] of times.entries()) {
    const value = readValue(values[index]?.value);
    if (value === "gap") continue;
    if (value === null) return `has a value that is no number: ${quote(values[index]?.value)}`;
    const time = readTime(place.value, perSecond);
    if (typeof time === "string") return time;
    rows.push({ labels: labelsAt(labels, index), time, value });
  }
  return null;
}

function labelsAt(lists: Lists["labels"], index: number): Labels {
  const labels: Record<string, string> = {};
  for (const [name, list] of lists) {
    const value = (list.length === 1 ? list[0] : list[index])?.value;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      labels[name] = String(value);
    }
  }
  return labels;
}

/** null: it is no number. */
function readValue(value: unknown): number | "gap" | null {
  if (value === null || value === undefined) return "gap";
  if (typeof value === "number") return value;
  return typeof value === "string" ? readNumberText(value) : null;
}

/** A text: what is wrong with it. */
function readTime(value: unknown, perSecond: number): number | string {
  const isNumber = typeof value === "number" || (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value));
  if (!isNumber && typeof value !== "string") return `has a time that is none: ${quote(value)}`;
  const reading = isNumber ? readEpoch(Number(value) / perSecond) : readTimeText(value as string);
  if (reading.ok) return reading.seconds;
  return `has the time ${quote(value)}, which ${reading.problem}`;
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
