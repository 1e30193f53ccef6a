import { Buffer } from "node:buffer";

export type BodyReading =
  | { readonly type: "complete"; readonly text: string }
  | { readonly type: "too-large" }
  /** The connection ended before the body did. */
  | { readonly type: "cut-off"; readonly cause: unknown };

/** Reads a body to its end, but never more than `maxBytes` after decompression. */
export async function readBody(response: Response, maxBytes: number): Promise<BodyReading> {
  if (response.body === null) return { type: "complete", text: "" };
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { type: "complete", text: Buffer.concat(parts, bytes).toString("utf8") };
      bytes += value.byteLength;
      if (bytes > maxBytes) {
        await reader.cancel();
        return { type: "too-large" };
      }
      parts.push(value);
    }
  } catch (cause) {
    return { type: "cut-off", cause };
  }
}
