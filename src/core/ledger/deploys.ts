import type { DeployOutcome, LedgerEntry, LedgerMark } from "./entry.ts";

/** One deploy of one service: the verdict that counts, and how it turned out. */
export interface LedgerDeploy {
  readonly entry: LedgerEntry;
  /** null: nobody said. */
  readonly outcome: DeployOutcome | null;
  /** True: nobody said, and it is old enough to count as fine. */
  readonly assumed: boolean;
}

export interface JoinedLedger {
  /** In the order of their deploys. */
  readonly deploys: readonly LedgerDeploy[];
  /** Verdicts that another one of the same deploy stands for. */
  readonly repeated: number;
  /** Marks that fit no verdict of the ledger. */
  readonly unmatched: readonly LedgerMark[];
}

/** Fewer digits of a commit could be those of another one. */
export const SHORTEST_SHA = 7;

/**
 * Verdicts and marks by deploy. Of several verdicts of one deploy the first that decided counts, because people acted on
 * it (repeating a check until it says something else must not help), else the last. Of several marks the last one counts.
 *
 * @param fineBefore epoch milliseconds: deploys before it that nobody marked count as fine; null: they stay unknown.
 */
export function joinLedger(
  entries: readonly LedgerEntry[],
  marks: readonly LedgerMark[],
  fineBefore: number | null,
): JoinedLedger {
  const byDeploy = new Map<string, Map<string, LedgerEntry>>();
  for (const entry of entries) {
    const key = deployKey(entry);
    const known = byDeploy.get(key) ?? new Map<string, LedgerEntry>();
    byDeploy.set(key, known.set(entry.id, entry));
  }
  const counting = [...byDeploy.values()].flatMap((group) => verdictThatCounts([...group.values()]));
  const deploys = counting.map((entry): LedgerDeploy => {
    const outcome = marks.findLast((mark) => fits(mark, entry, byDeploy))?.outcome ?? null;
    const assumed = outcome === null && fineBefore !== null && Date.parse(entry.deployedAt) < fineBefore;
    return { entry, outcome: assumed ? "fine" : outcome, assumed };
  });
  return {
    deploys: deploys.sort((a, b) => Date.parse(a.entry.deployedAt) - Date.parse(b.entry.deployedAt)),
    repeated: [...byDeploy.values()].reduce((sum, group) => sum + group.size, 0) - counting.length,
    unmatched: marks.filter((mark) => !counting.some((entry) => fits(mark, entry, byDeploy))),
  };
}

function deployKey({ repository, environment, service, sha, deployedAt }: LedgerEntry): string {
  return JSON.stringify([repository, environment, service, sha, deployedAt]);
}

function verdictThatCounts(group: readonly LedgerEntry[]): LedgerEntry[] {
  const inTime = group.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time));
  const chosen = inTime.find(({ verdict }) => isDecided(verdict)) ?? inTime.at(-1);
  return chosen === undefined ? [] : [chosen];
}

export function isDecided(verdict: LedgerEntry["verdict"]): boolean {
  return verdict !== "inconclusive" && verdict !== "invalid";
}

/** A mark by id fits the deploy of that verdict, whichever of its verdicts counts. */
function fits(
  mark: LedgerMark,
  entry: LedgerEntry,
  byDeploy: ReadonlyMap<string, ReadonlyMap<string, LedgerEntry>>,
): boolean {
  if (mark.id !== null) return byDeploy.get(deployKey(entry))?.has(mark.id) ?? false;
  return fitsCommit(mark, entry);
}

/** The same commit, in the places that the mark names. */
export function fitsCommit(
  mark: Pick<LedgerMark, "sha" | "repository" | "environment" | "service">,
  entry: LedgerEntry,
): boolean {
  const same = (stated: string | null, found: string | null): boolean => stated === null || stated === found;
  return (
    mark.sha !== null &&
    entry.sha !== null &&
    sameCommit(mark.sha, entry.sha) &&
    same(mark.repository, entry.repository) &&
    same(mark.environment, entry.environment) &&
    same(mark.service, entry.service)
  );
}

function sameCommit(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a.toLowerCase(), b.toLowerCase()] : [b.toLowerCase(), a.toLowerCase()];
  return short.length >= SHORTEST_SHA && long.startsWith(short);
}
