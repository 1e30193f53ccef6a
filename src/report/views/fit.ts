/**
 * Largest bodies, in UTF-8 bytes. GitHub counts characters for comments and checks and bytes for the summary; bytes
 * are never fewer, so one measure is safe for all.
 */
export const COMMENT_LIMIT = 65_536;
export const CHECK_FIELD_LIMIT = 65_535;
/** 1 MiB per step, less a reserve for what other tools of the same step append. */
export const SUMMARY_LIMIT = 900 * 1024;
/** One output of an Action. */
export const OUTPUT_LIMIT = 64 * 1024;

const encoder = new TextEncoder();

export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** The first variant that fits. Each is rendered from the model; nothing is ever cut, and the last is always small. */
export function firstThatFits(variants: readonly [() => string, ...(() => string)[]], limit: number): string {
  let text = "";
  for (const variant of variants) {
    text = variant();
    if (byteLength(text) <= limit) return text;
  }
  return text;
}
