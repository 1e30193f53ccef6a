import type { SeriesComponent } from "../core/panel/series.ts";
import type { FetchedSeries, SeriesQuery } from "./contract.ts";
import { alignedGrid, type StepGrid } from "./grid.ts";
import type { LabelledSeries, Told } from "./labelled-series.ts";
import { bySeries } from "./order.ts";
import { fetchRange, type RangeRequest } from "./range.ts";
import { type ComponentAnswer, toUnitSeries } from "./units.ts";

const COMPONENT_NAMES: Readonly<Record<SeriesComponent, string>> = {
  value: "query",
  numerator: "numerator",
  denominator: "denominator",
  bucket: "buckets query",
};

/** How a source with labels is asked. */
export interface LabelledSource extends Pick<RangeRequest, "maxPoints" | "isTooMuch"> {
  /** Opens a connection that lasts for one SLI; `ask` gets one piece of one component. */
  readonly open: (signal: AbortSignal) => LabelledAsk;
  /** A query that keeps these labels, as an example for hints; absent: PromQL. */
  readonly grouped?: ComponentAnswer["grouped"];
}

export type LabelledAsk = (
  text: string,
  piece: StepGrid,
  component: { readonly name: SeriesComponent; readonly what: string },
) => Promise<Told<readonly LabelledSeries[]>>;

/** Reads all components of an SLI side by side, in pieces, and makes one series per unit of them. */
export async function fetchUnits(
  query: SeriesQuery,
  source: LabelledSource,
  signal: AbortSignal | undefined,
): Promise<FetchedSeries> {
  const grid = alignedGrid(query.from, query.to, query.step);
  if (grid === null) return { series: [], warnings: [], unmatchedUnits: [] };
  const { maxPoints, isTooMuch, grouped } = source;
  const wanted = Object.entries(query.queries) as [SeriesComponent, string][];
  const answers = await allOrNone(signal, (stop) => {
    const ask = source.open(stop);
    return wanted.map(async ([name, text]): Promise<ComponentAnswer & { warnings: readonly string[] }> => {
      const what = `the ${COMPONENT_NAMES[name]} of SLI ${query.sli}`;
      const askPiece = (piece: StepGrid) => ask(text, piece, { name, what });
      const pieces = await fetchRange({ grid, maxPoints, ask: askPiece, isTooMuch });
      return {
        component: name,
        what,
        pieces: pieces.map((piece) => piece.value),
        warnings: pieces.flatMap((piece) => piece.warnings),
        ...(grouped !== undefined && { grouped }),
      };
    });
  });
  const units = answers.map((answer) => toUnitSeries(answer, query));
  const warnings = [...answers, ...units].flatMap((part) => part.warnings);
  return {
    series: units.flatMap((part) => part.series).sort(bySeries),
    warnings: [...new Set(warnings)],
    unmatchedUnits: [...new Set(units.flatMap((part) => part.unmatchedUnits))].sort(),
  };
}

/** Runs requests side by side; the first failure stops the others. */
async function allOrNone<T>(
  signal: AbortSignal | undefined,
  start: (stop: AbortSignal) => readonly Promise<T>[],
): Promise<T[]> {
  const siblings = new AbortController();
  const stop = signal === undefined ? siblings.signal : AbortSignal.any([signal, siblings.signal]);
  try {
    return await Promise.all(start(stop));
  } catch (error) {
    siblings.abort();
    throw error;
  }
}
