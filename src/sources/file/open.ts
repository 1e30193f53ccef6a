import { Buffer } from "node:buffer";
import { createReadStream } from "node:fs";
import { Readable, type Transform } from "node:stream";
import * as zlib from "node:zlib";
import { DeployImpactError } from "../../core/errors.ts";

/** Where a table comes from: a path (`-` is standard input), or bytes that the caller already has. */
export type TableInput =
  | { readonly path: string; readonly name?: string }
  | { readonly stream: AsyncIterable<Uint8Array>; readonly name: string };

const READ_AHEAD_BYTES = 2 ** 20;

/** Name for messages: what the caller said, never a path that it did not write. */
export function inputName(input: TableInput): string {
  if (input.name !== undefined) return input.name;
  return "path" in input && input.path !== "-" ? input.path : "standard input";
}

/** The bytes of the input as they are stored, with every failure as an error of ours. */
export async function* openBytes(input: TableInput): AsyncGenerator<Uint8Array> {
  const name = inputName(input);
  try {
    yield* "stream" in input ? input.stream : openPath(input.path);
  } catch (cause) {
    if (cause instanceof DeployImpactError) throw cause;
    throw unreadable(name, cause);
  }
}

function openPath(path: string): AsyncIterable<Uint8Array> {
  return path === "-" ? process.stdin : createReadStream(path, { highWaterMark: READ_AHEAD_BYTES });
}

const READ_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist",
  EISDIR: "is a folder, not a file",
  EACCES: "may not be read (permission denied)",
  EPERM: "may not be read (permission denied)",
};

export function unreadable(name: string, cause: unknown): DeployImpactError {
  const code: unknown = typeof cause === "object" && cause !== null ? Reflect.get(cause, "code") : undefined;
  const fault = typeof code === "string" ? READ_FAULTS[code] : undefined;
  return new DeployImpactError("FILE_UNREADABLE", `${name} ${fault ?? `cannot be read (${String(code ?? cause)})`}.`, {
    hint: "Check the path given with `--panel` or `--data`, or `path` of the source (relative to the config file), and its permissions.",
    cause,
    position: { file: name },
  });
}

/** First bytes of the formats that are told apart by content, so that a wrong extension does not matter. */
const MAGIC = {
  gzip: [0x1f, 0x8b],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
  parquet: [0x50, 0x41, 0x52, 0x31],
  zip: [0x50, 0x4b, 0x03, 0x04],
  utf8Mark: [0xef, 0xbb, 0xbf],
  utf16Little: [0xff, 0xfe],
  utf16Big: [0xfe, 0xff],
} as const;

const LONGEST_MAGIC = 4;

export type MagicName = keyof typeof MAGIC;

export interface Peeked {
  readonly magic: MagicName | null;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Looks at the first bytes without losing them. */
export async function peek(bytes: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const iterator = bytes[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < LONGEST_MAGIC) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  const names = Object.keys(MAGIC) as MagicName[];
  const magic = names.find((name) => MAGIC[name].every((byte, index) => head[index] === byte)) ?? null;
  return { magic, bytes: continueWith(head, iterator) };
}

async function* continueWith(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** Text bytes: decompressed, in UTF-8, without a byte order mark. */
export async function openText(stored: Peeked, name: string): Promise<AsyncIterable<Uint8Array>> {
  const text = await peek(decompress(stored, name));
  switch (text.magic) {
    case "utf8Mark":
      return withoutStart(text.bytes, MAGIC.utf8Mark.length);
    case "utf16Little":
    case "utf16Big":
      throw notText(name, "is UTF-16", "Save it as UTF-8.");
    case "zip":
      throw notText(name, "is a ZIP archive or a spreadsheet", "Export it as CSV, plain or compressed with gzip.");
    case null:
      return text.bytes;
    default:
      throw notText(
        name,
        `holds ${text.magic} inside a compressed file`,
        "Compress a CSV once, or give the Parquet file itself.",
      );
  }
}

function notText(name: string, problem: string, hint: string): DeployImpactError {
  return new DeployImpactError("FILE_MALFORMED", `${name} ${problem}.`, { hint, position: { file: name } });
}

async function* withoutStart(bytes: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  let skip = length;
  for await (const chunk of bytes) {
    yield skip === 0 ? chunk : chunk.subarray(skip);
    skip = 0;
  }
}

function decompress(stored: Peeked, name: string): AsyncIterable<Uint8Array> {
  if (stored.magic === "gzip") return inflate(stored.bytes, zlib.createGunzip(), name);
  if (stored.magic !== "zstd") return stored.bytes;
  // zstd came with Node 22.15 and 23.8.
  const create: unknown = Reflect.get(zlib, "createZstdDecompress");
  if (typeof create !== "function") {
    throw notText(
      name,
      "is compressed with zstd, which this version of Node cannot read",
      "Use Node 22.15 or newer, or compress with gzip.",
    );
  }
  return inflate(stored.bytes, create() as Transform, name);
}

async function* inflate(
  bytes: AsyncIterable<Uint8Array>,
  inflater: Transform,
  name: string,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(bytes);
  let readFault: Error | null = null;
  source.on("error", (fault: Error) => {
    readFault = fault;
    inflater.destroy(fault);
  });
  try {
    yield* source.pipe(inflater) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw readFault ?? damagedArchive(name, cause);
  } finally {
    source.destroy();
  }
}

function damagedArchive(name: string, cause: unknown): DeployImpactError {
  return new DeployImpactError("FILE_MALFORMED", `${name} is damaged: it cannot be decompressed to its end.`, {
    hint: "Write or download the file again.",
    cause,
    position: { file: name },
  });
}
