import { DeployImpactError } from "../../core/errors.ts";
import type { MatrixEntry } from "./answer.ts";
import type { PrometheusApi, Told } from "./api.ts";
import { countSteps, type StepGrid, splitGrid } from "./grid.ts";

/** Below this many steps a request is not split any further. */
const FEWEST_STEPS_PER_REQUEST = 100;

/** Words of servers that a shorter range of the same query may satisfy. */
const TOO_MUCH_AT_ONCE =
  /too many samples|maxSamplesPerQuery|maxPointsPerTimeseries|exceeded maximum resolution|max-series-bytes|exceeds? the limit of .*(samples|points|chunks)/i;

/**
 * Fetches a range in pieces of at most `maxPoints` steps, in the order of time.
 *
 * A piece that is too much for the server or for our own cap is halved and asked again.
 */
export async function fetchRange(
  api: PrometheusApi,
  query: string,
  request: { readonly grid: StepGrid; readonly maxPoints: number; readonly what: string },
): Promise<Told<readonly MatrixEntry[]>[]> {
  const pieces = splitGrid(request.grid, request.maxPoints);
  const fetched = await Promise.all(pieces.map((piece) => fetchPiece(api, query, piece, request.what)));
  return fetched.flat();
}

async function fetchPiece(
  api: PrometheusApi,
  query: string,
  grid: StepGrid,
  what: string,
): Promise<Told<readonly MatrixEntry[]>[]> {
  try {
    return [withinGrid(await api.queryRange(query, grid, what), grid)];
  } catch (error) {
    const points = countSteps(grid);
    if (points < 2 * FEWEST_STEPS_PER_REQUEST || !isTooMuchAtOnce(error)) throw error;
    return await fetchRange(api, query, { grid, maxPoints: Math.ceil(points / 2), what });
  }
}

function isTooMuchAtOnce(error: unknown): boolean {
  if (!(error instanceof DeployImpactError)) return false;
  return (
    error.code === "SOURCE_TOO_LARGE" || (error.code === "SOURCE_REJECTED" && TOO_MUCH_AT_ONCE.test(error.message))
  );
}

/** A front end that moves start or end would return a step twice, once from each neighbour. */
function withinGrid(told: Told<readonly MatrixEntry[]>, grid: StepGrid): Told<readonly MatrixEntry[]> {
  return {
    ...told,
    value: told.value.map((entry) => cutToGrid(entry, grid)).filter(hasPoints),
  };
}

function hasPoints(entry: MatrixEntry): boolean {
  return entry.times.length > 0 || (entry.histograms?.length ?? 0) > 0;
}

function cutToGrid(entry: MatrixEntry, grid: StepGrid): MatrixEntry {
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
