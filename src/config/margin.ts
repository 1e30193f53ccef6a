import type { Kind, Margin } from "../core/plan.ts";

export const MARGIN_EXAMPLES = "5% (relative), 0.1pp (percentage points) or 12 (raw units)";

export type MarginResult =
  | { readonly ok: true; readonly value: Margin }
  | { readonly ok: false; readonly problem: string };

/** Percentage points make sense for shares only; a gauge may hold a share. */
const SHARE_KINDS: ReadonlySet<Kind> = new Set<Kind>(["ratio", "gauge"]);

/** `5%` is 0.05 relative, `0.1pp` is 0.001 absolute, `12` is 12 raw units. */
export function parseMargin(text: string | number, kind: Kind | null): MarginResult {
  const written = String(text).trim();
  const parts = /^(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(%|pp)?$/i.exec(written);
  if (parts === null) return { ok: false, problem: `"${written}" is not a margin` };
  const number = Number(parts[1]);
  if (!Number.isFinite(number)) return { ok: false, problem: `"${written}" is too large for a margin` };
  const unit = parts[2]?.toLowerCase();
  if (unit === "%") return { ok: true, value: { type: "relative", value: number / 100, text: written } };
  if (unit === undefined) return { ok: true, value: { type: "absolute", value: number, text: written } };
  if (kind !== null && !SHARE_KINDS.has(kind)) {
    return { ok: false, problem: `"${written}" is in percentage points, but a ${kind} is not a share` };
  }
  return { ok: true, value: { type: "absolute", value: number / 100, text: written } };
}
