import { countSteps, type StepGrid, splitGrid } from "./grid.ts";
import type { LabelledSeries, Told } from "./labelled-series.ts";

/** Below this many steps a request is not split any further. */
const FEWEST_STEPS_PER_REQUEST = 100;

export interface RangeRequest {
  readonly grid: StepGrid;
  readonly maxPoints: number;
  /** Asks for one piece. */
  readonly ask: (piece: StepGrid) => Promise<Told<readonly LabelledSeries[]>>;
  /** True when a shorter range of the same question may be answered. */
  readonly isTooMuch: (error: unknown) => boolean;
}

/**
 * Fetches a range in pieces of at most `maxPoints` steps, in the order of time.
 *
 * A piece that is too much for the server or for our own cap is halved and asked again.
 */
export async function fetchRange(request: RangeRequest): Promise<Told<readonly LabelledSeries[]>[]> {
  const pieces = splitGrid(request.grid, request.maxPoints);
  const fetched = await Promise.all(pieces.map((piece) => fetchPiece(piece, request)));
  return fetched.flat();
}

async function fetchPiece(grid: StepGrid, request: RangeRequest): Promise<Told<readonly LabelledSeries[]>[]> {
  try {
    return [withinGrid(await request.ask(grid), grid)];
  } catch (error) {
    const points = countSteps(grid);
    if (points < 2 * FEWEST_STEPS_PER_REQUEST || !request.isTooMuch(error)) throw error;
    return await fetchRange({ ...request, grid, maxPoints: Math.ceil(points / 2) });
  }
}

/** A front end that moves start or end would return a step twice, once from each neighbour. */
function withinGrid(told: Told<readonly LabelledSeries[]>, grid: StepGrid): Told<readonly LabelledSeries[]> {
  return {
    ...told,
    value: told.value.map((entry) => cutToGrid(entry, grid)).filter(hasPoints),
  };
}

function hasPoints(entry: LabelledSeries): boolean {
  return entry.times.length > 0 || (entry.histograms?.length ?? 0) > 0;
}

function cutToGrid(entry: LabelledSeries, grid: StepGrid): LabelledSeries {
  const tolerance = grid.step / 1000;
  const inside = (time: number): boolean => time >= grid.start - tolerance && time <= grid.end + tolerance;
  const first = entry.times.findIndex(inside);
  const end = first < 0 ? first : entry.times.findLastIndex(inside) + 1;
  const histograms = entry.histograms?.filter((one) => inside(one.time)) ?? [];
  const isWhole = Math.max(0, first) === 0 && Math.max(0, end) === entry.times.length;
  if (isWhole && histograms.length === (entry.histograms?.length ?? 0)) return entry;
  const [times, values] = [entry.times, entry.values].map((list) => list.slice(Math.max(0, first), Math.max(0, end)));
  const none = new Float64Array(0);
  const cut = { labels: entry.labels, times: times ?? none, values: values ?? none };
  return histograms.length > 0 ? { ...cut, histograms } : cut;
}
