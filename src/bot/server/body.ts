import type { IncomingMessage } from "node:http";

/** Why a body was not read, as an HTTP status. */
export class BodyError extends Error {
  readonly status: 413 | 503;

  constructor(status: 413 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

/** All bodies that are being read may hold this much together; a flood is turned away before it fills the memory. */
const MOST_BYTES = 256 * 2 ** 20;

export type ReadBody = (incoming: IncomingMessage, limit: number) => Promise<Buffer<ArrayBuffer>>;

/** Reads bodies up to a limit each, and up to MOST_BYTES at once. */
export function bodyReader(mostBytes: number = MOST_BYTES): ReadBody {
  let held = 0;
  return async (incoming, limit) => {
    if (Number(incoming.headers["content-length"] ?? 0) > limit) throw tooLarge(limit);
    const parts: Buffer[] = [];
    let size = 0;
    try {
      for await (const part of incoming as AsyncIterable<Buffer>) {
        size += part.length;
        held += part.length;
        if (size > limit) throw tooLarge(limit);
        if (held > mostBytes) throw new BodyError(503, "Too many large requests at once; send it again later.");
        parts.push(part);
      }
      return Buffer.concat(parts);
    } finally {
      held -= size;
    }
  };
}

function tooLarge(limit: number): BodyError {
  return new BodyError(413, `The body is larger than ${limit} bytes.`);
}
