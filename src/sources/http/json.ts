import type { BodyVerdict } from "./contract.ts";
import { looksLikePage } from "./page.ts";

/** Parses a body; says whether it is a page, cut off, or not JSON at all. */
export function parseJson(body: string): BodyVerdict<unknown> {
  try {
    return { ok: true, value: JSON.parse(body) };
  } catch {
    return { ok: false, detail: describeBrokenJson(body) };
  }
}

function describeBrokenJson(body: string): string {
  if (body.trim() === "") return "it is empty";
  if (looksLikePage(body)) return "it is a web page, not JSON";
  // A complete JSON text of an API ends in a bracket; without it the rest was lost on the way.
  return /[}\]]\s*$/.test(body) ? "it is not JSON" : `the JSON ends after ${body.length} characters, in the middle`;
}
