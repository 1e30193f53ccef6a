import { answer, type Outcome, refuse } from "../../outcome.ts";
import { utc } from "../../panel/align.ts";
import { countFinite, type Panel, unitsWhere, unitValues } from "../../panel/panel.ts";
import { type UnitTimes, type WaveSpacing, wavesOf } from "../../panel/waves.ts";

/** A wave on the grid of a panel. */
export interface Wave {
  /** Indexes of panel units. */
  readonly units: readonly number[];
  /** Epoch seconds of its first and its last unit's deploy. */
  readonly deployedAt: number;
  readonly lastAt: number;
  /** First grid step that the deploy may touch: no comparison for others from here on. */
  readonly start: number;
  /** First grid step that is judged. */
  readonly postStart: number;
}

/** Who was deployed when, and until when there is someone left to compare with. */
export interface Arrangement {
  /** In the order of time. */
  readonly waves: readonly Wave[];
  /** Numbers of the waves that are judged; the others have no comparison and only serve as controls. */
  readonly judged: readonly number[];
  /** Units that were not deployed at all. */
  readonly never: readonly number[];
  /** Steps [0, preEnd) are before the first wave. */
  readonly preEnd: number;
  /** Exclusive: the end of the panel, or without never-treated units the start of the last wave. */
  readonly end: number;
}

/** Units that may stand for the others' time at a step: not deployed before it. `from` is the first wave that is not yet deployed. */
export function comparisonUnits({ waves, never }: Pick<Arrangement, "waves" | "never">, from: number): number[] {
  return [...never, ...waves.slice(from).flatMap((wave) => [...wave.units])].sort((a, b) => a - b);
}

/** Number of waves that are deployed (or being deployed) at a step. */
export function deployedBy(waves: readonly Wave[], step: number): number {
  let count = 0;
  while (count < waves.length && (waves[count] as Wave).start <= step) count++;
  return count;
}

export interface DeployTimes extends WaveSpacing {
  /** unit -> epoch seconds; units that the panel does not hold are left out. */
  readonly times: UnitTimes;
  /** unit -> cluster, where the panel holds clusters. */
  readonly clusters?: Readonly<Record<string, string>>;
}

/**
 * Puts waves on the grid of a panel. Refuses deploy times outside the data, treated units without a time, a cluster in two
 * waves, one wave only, and data in which no wave has a comparison.
 */
export function arrangeWaves(panel: Panel, deploys: DeployTimes): Outcome<Arrangement> {
  const found = wavesOnPanel(panel, deploys);
  const treated = unitsWhere(panel, true).filter((u) => hasValues(panel, u));
  const timeless = treated.find((u) => !found.some(({ units }) => units.includes(u)));
  if (timeless !== undefined) return withoutTime(nameOf(panel, timeless));
  const divided = treated.find((u) => found.filter(({ units }) => units.includes(u)).length > 1);
  if (divided !== undefined) return dividedCluster(nameOf(panel, divided));
  const waves = found.map(({ units, deployedAt, lastAt }) => ({
    units,
    deployedAt,
    lastAt,
    start: Math.floor((deployedAt - panel.start) / panel.step + 1e-9),
    postStart: Math.ceil((lastAt + deploys.settle - panel.start) / panel.step - 1e-9),
  }));
  const never = unitsWhere(panel, false).filter((u) => hasValues(panel, u));
  const checked = checkWaves(panel, waves);
  if (!checked.ok) return checked;
  const end = never.length > 0 ? panel.steps : (waves.at(-1) as Wave).start;
  const judged = waves.flatMap((wave, k) => (wave.postStart < end ? [k] : []));
  if (judged.length === 0) return nothingToJudge(never.length > 0);
  return answer({ waves, judged, never, preEnd: (waves[0] as Wave).start, end });
}

/** Waves of the units that the panel holds with values, by their numbers. */
function wavesOnPanel(panel: Panel, { times, clusters = {}, ...spacing }: DeployTimes) {
  const index = new Map(panel.units.map((name, u) => [name, u]));
  const numberOf = (unit: string): number | null => {
    const u = index.get(clusters[unit] ?? unit);
    return u === undefined || panel.treated[u] !== true || !hasValues(panel, u) ? null : u;
  };
  const own = Object.fromEntries(Object.entries(times).filter(([unit]) => numberOf(unit) !== null));
  return wavesOf(own, spacing).map(({ units, deployedAt, lastAt }) => ({
    units: [...new Set(units.flatMap((unit) => numberOf(unit) ?? []))].sort((a, b) => a - b),
    deployedAt,
    lastAt,
  }));
}

function dividedCluster(cluster: string): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    `The cluster ${cluster} was deployed in more than one wave.`,
    "Let `cluster:` name the level at which the deploy was assigned, or drop it.",
    { cluster },
  );
}

function nothingToJudge(hasNever: boolean): Outcome<never> {
  return hasNever
    ? refuse(
        "NO_POST_DATA",
        "No wave has data after its deploy and settle time.",
        "Wait until the source has the post window, then run again.",
      )
    : refuse(
        "NO_CONTROL_UNITS",
        "Every unit was deployed, and no wave settled before the last one began, so nothing is left to compare with.",
        "Keep one unit without the deploy, leave more time between the waves, or shorten `windows.settle`.",
      );
}

function nameOf(panel: Panel, unit: number): string {
  return panel.units[unit] as string;
}

function hasValues(panel: Panel, unit: number): boolean {
  return countFinite(unitValues(panel, unit), 0, panel.steps) > 0;
}

function withoutTime(unit: string): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    `The treated unit ${unit} has no deploy time of its own, while others have one.`,
    "Give every treated unit its time in `deployed-at` (for a panel: --waves or the column deployed_at), or leave the unit out.",
    { unit },
  );
}

function checkWaves(panel: Panel, waves: readonly Wave[]): Outcome<null> {
  const [first, last] = [waves[0], waves.at(-1)];
  if (first === undefined || last === undefined) {
    return refuse("NO_TREATED_UNITS", "No treated unit has data.", "Check the units named in `deployed-at`.");
  }
  const outside = waves.find((wave) => wave.start <= 0 || wave.start >= panel.steps);
  if (outside !== undefined) {
    const names = outside.units.map((u) => nameOf(panel, u)).join(", ");
    return refuse(
      "DEPLOY_OUTSIDE_DATA",
      `The deploy of ${names} at ${utc(outside.deployedAt)} is outside the data, which cover ${utc(panel.start)} to ${utc(panel.start + panel.steps * panel.step)}.`,
      "Check its time (zone?), fetch data around it, or leave the unit out.",
      { units: outside.units.map((u) => nameOf(panel, u)), deployedAt: outside.deployedAt },
    );
  }
  if (waves.length > 1) return answer(null);
  return refuse(
    "ONE_WAVE",
    `All ${first.units.length} treated units were deployed at the same time, within one settle time of ${utc(first.deployedAt)}.`,
    "Use `design: did` (or `auto`), which compares before and after one moment.",
    { units: first.units.map((u) => nameOf(panel, u)), deployedAt: first.deployedAt },
  );
}
