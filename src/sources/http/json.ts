import type { z } from "zod";
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

/** A reader of bodies of one form; what does not fit is named by its place. */
export function readJsonBody<T>(schema: z.ZodType<T>): (body: string) => BodyVerdict<T> {
  return (body) => {
    const json = parseJson(body);
    if (!json.ok) return json;
    const parsed = schema.safeParse(json.value);
    if (parsed.success) return { ok: true, value: parsed.data };
    const [first] = parsed.error.issues;
    const place = first?.path.join(".") ?? "";
    return {
      ok: false,
      detail: `${place === "" ? "it" : place} is not what this API promises (${first?.message ?? "unknown"})`,
    };
  };
}
