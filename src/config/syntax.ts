import { isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument, type YAMLError } from "yaml";
import { DeployImpactError, type FilePosition, type Problem } from "../core/errors.ts";
import { type Branch, Origins } from "./origins.ts";

/** A config is written by hand: more than this is not one (bytes of UTF-8). */
export const MAX_CONFIG_BYTES = 256 * 1024;

/** Entries after aliases are followed; a few lines of nested aliases can stand for billions. */
const MAX_NODES = 20_000;
const MAX_DEPTH = 40;

export interface ConfigText {
  readonly root: Branch;
  readonly origins: Origins;
}

/** Reads YAML 1.2 into plain data and remembers where everything stood. */
export function parseConfigText(text: string, file: string): ConfigText {
  refuseHugeText(text, file);
  const lines = new LineCounter();
  const position = (offset: number): FilePosition => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const parsed = parseSafely(text, lines, file);
  if (parsed.errors.length > 0) throw syntaxError(parsed.errors, position);
  const reader = new Reader(parsed.contents, position, file);
  const root = reader.read();
  if (typeof root !== "object" || root === null || Array.isArray(root)) {
    throw syntax("The config must be a map of keys, starting with `version: 1`.", { file, line: 1, column: 1 });
  }
  return { root: root as Branch, origins: reader.origins };
}

function refuseHugeText(text: string, file: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_CONFIG_BYTES) return;
  throw new DeployImpactError("CONFIG_SYNTAX", `${file} has ${bytes} bytes; a config may have ${MAX_CONFIG_BYTES}.`, {
    hint: "Point --config to the YAML file with `version: 1`, not to data.",
    position: { file },
  });
}

function parseSafely(text: string, lines: LineCounter, file: string) {
  try {
    // A byte order mark is not content; YAML allows it.
    return parseDocument(text.replace(/^\uFEFF/, ""), { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  } catch (error) {
    // The parser is recursive: absurd nesting ends in a RangeError.
    if (error instanceof RangeError) throw tooDeep({ file }, error);
    throw error;
  }
}

function syntaxError(errors: readonly YAMLError[], position: (offset: number) => FilePosition): DeployImpactError {
  const problems: Problem[] = withoutEchoes(errors).map((error) => ({
    message: sentence(error.message),
    hint: syntaxHint(error),
    position: position(error.pos[0]),
  }));
  const first = problems[0] ?? { message: "The file is not YAML.", hint: "Correct the YAML." };
  return new DeployImpactError("CONFIG_SYNTAX", first.message, { ...first, problems });
}

/** One wrong bracket makes the rest of the file wrong too: of errors in the shape only the first one in the text helps. */
function withoutEchoes(errors: readonly YAMLError[]): readonly YAMLError[] {
  const inOrder = [...errors].sort((a, b) => a.pos[0] - b.pos[0]);
  const cause = inOrder.find((error) => error.code !== "DUPLICATE_KEY");
  return inOrder.filter((error) => error === cause || error.code === "DUPLICATE_KEY");
}

function sentence(message: string): string {
  const firstLine = message.split("\n")[0]?.trim() ?? "";
  return /[.!?]$/.test(firstLine) ? firstLine : `${firstLine}.`;
}

function syntaxHint(error: YAMLError): string {
  if (error.code === "DUPLICATE_KEY") return "Keep one of the two entries.";
  if (error.code === "TAB_AS_INDENT") return "Indent with spaces; YAML does not allow tabs.";
  if (error.code === "BAD_INDENT") return "Give entries of one map the same indentation.";
  return "Correct the YAML here; text with `: `, `#`, `{`, `[` or `%` in it needs quotes.";
}

function syntax(message: string, position: FilePosition): DeployImpactError {
  const hint = "Start from the example in docs/configuration.md.";
  return new DeployImpactError("CONFIG_SYNTAX", message, { hint, position, problems: [{ message, hint, position }] });
}

function tooDeep(position: FilePosition, cause?: unknown): DeployImpactError {
  return new DeployImpactError("CONFIG_SYNTAX", `The config is nested deeper than ${MAX_DEPTH} levels.`, {
    hint: "Flatten the config; docs/configuration.md shows its shape.",
    position,
    cause,
  });
}

/** Turns nodes into plain data, counting what aliases stand for. */
class Reader {
  readonly origins = new Origins();
  readonly #contents: ParsedNode | null;
  readonly #position: (offset: number) => FilePosition;
  readonly #file: string;
  readonly #anchors = new Map<string, ParsedNode>();
  #nodes = 0;

  constructor(contents: ParsedNode | null, position: (offset: number) => FilePosition, file: string) {
    this.#contents = contents;
    this.#position = position;
    this.#file = file;
  }

  read(): unknown {
    return this.#value(this.#contents, 0);
  }

  #value(node: ParsedNode | null, depth: number): unknown {
    if (node === null) return null;
    this.#count(node, depth);
    if (isAlias(node)) return this.#value(this.#target(node.source, node), depth + 1);
    const anchor = node.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    if (isMap<ParsedNode, ParsedNode | null>(node)) return this.#map(node.items, node, depth);
    if (isSeq<ParsedNode>(node)) return this.#list(node.items, node, depth);
    return isScalar(node) ? plain(node.value) : null;
  }

  #count(node: ParsedNode, depth: number): void {
    this.#nodes += 1;
    if (depth > MAX_DEPTH) throw tooDeep(this.#at(node));
    if (this.#nodes <= MAX_NODES) return;
    throw syntax(`The config has more than ${MAX_NODES} entries once its aliases are followed.`, this.#at(node));
  }

  #target(name: string, node: ParsedNode): ParsedNode {
    const target = this.#anchors.get(name);
    if (target === undefined) throw syntax(`The alias *${name} has no anchor &${name} before it.`, this.#at(node));
    return target;
  }

  #map(items: readonly { key: ParsedNode; value: ParsedNode | null }[], node: ParsedNode, depth: number): Branch {
    const branch: Branch = {};
    this.origins.open(branch, this.#at(node));
    for (const { key, value } of items) {
      const name = isScalar(key) ? String(key.value) : "?";
      const at = this.#at(key);
      // defineProperty: a key called __proto__ is an unknown key like any other, not the prototype.
      const entry = { value: this.#value(value, depth + 1), enumerable: true, writable: true, configurable: true };
      Object.defineProperty(branch, name, entry);
      this.origins.record(branch, name, { key: at, value: value === null ? at : this.#at(value) });
    }
    return branch;
  }

  #list(items: readonly ParsedNode[], node: ParsedNode, depth: number): unknown[] {
    const list: unknown[] = [];
    this.origins.open(list, this.#at(node));
    for (const [index, item] of items.entries()) {
      list.push(this.#value(item, depth + 1));
      const at = this.#at(item);
      this.origins.record(list, String(index), { key: at, value: at });
    }
    return list;
  }

  #at(node: ParsedNode): FilePosition {
    return node.range === undefined ? { file: this.#file } : this.#position(node.range[0]);
  }
}

function plain(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
