import { DeployImpactError } from "../../core/errors.ts";

/** Which history to look at; null: as suits the source. Instants are epoch seconds, spans seconds. */
export interface HistorySpan {
  readonly from: number | null;
  readonly to: number | null;
  readonly history: number | null;
}

/** Two weeks hold every hour of the day and every day of the week twice. */
export const USUAL_HISTORY = 14 * 86_400;

/** What to ask a source for: `end` is the newest instant that may be asked for. */
export function askedSpan(
  span: HistorySpan,
  end: number,
  isWhole: boolean,
): { readonly from: number; readonly to: number } {
  const to = Math.min(span.to ?? end, end);
  // A file is read as a whole anyway, and its rows may be of any year.
  const from = span.from ?? (isWhole ? 0 : to - (span.history ?? USUAL_HISTORY));
  if (from < to) return { from, to };
  throw new DeployImpactError("USAGE", "The history ends before it starts.", {
    hint: "Give --from a time before --to, and both in the past.",
  });
}

/** The part of the asked span that the data reach into; with --history counted back from the newest data. */
export function usedSpan(
  span: HistorySpan,
  asked: { readonly from: number; readonly to: number },
  data: { readonly from: number; readonly to: number },
): { readonly from: number; readonly to: number } {
  const to = Math.min(asked.to, data.to);
  const from = Math.max(asked.from, data.from);
  return { from: span.from === null && span.history !== null ? Math.max(from, to - span.history) : from, to };
}
