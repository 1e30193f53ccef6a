/** Numbers per piece: big enough to be fast, far below the longest text that V8 can hold (about 512 MiB). */
const BATCH = 10_000;

/**
 * JSON of plain data in pieces, indented by two spaces, lists of plain values on one line. The pieces joined are valid
 * JSON; a result with millions of points never becomes one text.
 */
export function* jsonPieces(value: unknown, indent = ""): Generator<string> {
  if (Array.isArray(value)) yield* arrayPieces(value, indent);
  else if (typeof value === "object" && value !== null) yield* objectPieces(value, indent);
  else yield JSON.stringify(value) ?? "null";
}

function* arrayPieces(list: readonly unknown[], indent: string): Generator<string> {
  if (list.every(isPlain)) {
    yield "[";
    for (let start = 0; start < list.length; start += BATCH) {
      const batch = JSON.stringify(list.slice(start, start + BATCH)).slice(1, -1);
      yield start === 0 ? batch : `,${batch}`;
    }
    yield "]";
    return;
  }
  const inner = `${indent}  `;
  yield "[";
  for (const [index, item] of list.entries()) {
    yield `${index === 0 ? "" : ","}\n${inner}`;
    yield* jsonPieces(item, inner);
  }
  yield `\n${indent}]`;
}

function* objectPieces(map: object, indent: string): Generator<string> {
  const entries = Object.entries(map).filter(([, value]) => value !== undefined);
  if (entries.length === 0) {
    yield "{}";
    return;
  }
  const inner = `${indent}  `;
  yield "{";
  for (const [index, [key, value]] of entries.entries()) {
    yield `${index === 0 ? "" : ","}\n${inner}${JSON.stringify(key)}: `;
    yield* jsonPieces(value, inner);
  }
  yield `\n${indent}}`;
}

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}
