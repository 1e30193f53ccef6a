/** One step of a path: a member, a place in a list (from the end when negative), or everything. */
type Step = string | number | { readonly all: true };

export interface JsonPath {
  /** `$` starts at the answer, `@` (or nothing) at the row. */
  readonly from: "answer" | "row";
  readonly steps: readonly Step[];
  /** `~` at the end: the name under which the thing stands, not the thing. */
  readonly wantsName: boolean;
}

/** A value with the name under which it stands in its parent. */
export interface Place {
  readonly name: string;
  readonly value: unknown;
}

const SEGMENT = /^(?:\.?\[(?:(-?\d+)|(\*)|'([^']*)'|"([^"]*)")\]|\.(\*)|\.([^.[\]~*'"\s]+))/;

/** The part of JSONPath (RFC 9535) that names places: members, indices, wildcards; null: it is not one. */
export function parsePath(text: string): JsonPath | null {
  const [head] = text.startsWith("$") || text.startsWith("@") ? [text[0]] : [undefined];
  let rest = head === undefined ? (text.startsWith("[") ? text : `.${text}`) : text.slice(1);
  const wantsName = rest.endsWith("~");
  if (wantsName) rest = rest.slice(0, -1);
  const steps: Step[] = [];
  while (rest !== "") {
    const match = SEGMENT.exec(rest);
    if (match === null) return null;
    const [whole, index, all, single, double, dotAll, member] = match;
    if (index !== undefined) steps.push(Number(index));
    else if (all !== undefined || dotAll !== undefined) steps.push({ all: true });
    else steps.push(single ?? double ?? member ?? "");
    rest = rest.slice(whole.length);
  }
  return { from: head === "$" ? "answer" : "row", steps, wantsName };
}

/** The places that a path names, in their order; none when it leads nowhere. */
export function select(path: JsonPath, answer: unknown, row: Place): Place[] {
  const start: Place = path.from === "row" ? row : { name: "", value: answer };
  const places = path.steps.reduce<readonly Place[]>((found, step) => found.flatMap((one) => next(one, step)), [start]);
  return places.map((place) => (path.wantsName ? { name: place.name, value: place.name } : place));
}

function next({ value }: Place, step: Step): Place[] {
  if (typeof value !== "object" || value === null) return [];
  if (typeof step === "object") {
    return Object.entries(value).map(([name, one]): Place => ({ name, value: one }));
  }
  if (typeof step === "number") {
    if (!Array.isArray(value)) return [];
    const index = step < 0 ? value.length + step : step;
    return index in value ? [{ name: String(index), value: value[index] as unknown }] : [];
  }
  return Object.hasOwn(value, step) ? [{ name: step, value: (value as Record<string, unknown>)[step] }] : [];
}
