import type { Exclusion, OtherDeployment } from "../../core/plan.ts";

/** A real deployment in the history: fake ones keep away from it. */
export interface KnownDeployment extends OtherDeployment {
  /** Epoch seconds when it began to touch units; `deployedAt` is when it was done. */
  readonly startedAt: number;
}

/** What really happened in the history, as far as somebody said so. */
export interface KnownHistory {
  /** null: nobody looked. */
  readonly deployments: readonly KnownDeployment[] | null;
  /** Who said so: `config`, `flag`, `file`, `github`. */
  readonly sources: readonly string[];
  readonly exclusions: readonly Exclusion[];
  /** Deployments before this instant are not known; null: all are. */
  readonly since: number | null;
  readonly notes: readonly string[];
}

export const NOTHING_KNOWN: KnownHistory = { deployments: null, sources: [], exclusions: [], since: null, notes: [] };

/** Both together; the same deployment from two sources counts once. */
export function joinKnown(parts: readonly KnownHistory[]): KnownHistory {
  const lists = parts.flatMap(({ deployments }) => (deployments === null ? [] : [deployments]));
  const all = lists.flat().toSorted((a, b) => a.deployedAt - b.deployedAt || (a.id < b.id ? -1 : 1));
  const limits = parts.flatMap(({ since }) => since ?? []);
  return {
    deployments: lists.length === 0 ? null : all.filter((one, i) => !isSame(one, all[i - 1])),
    sources: [...new Set(parts.flatMap(({ sources }) => sources))],
    exclusions: parts.flatMap(({ exclusions }) => exclusions),
    since: limits.length === 0 ? null : Math.max(...limits),
    notes: parts.flatMap(({ notes }) => notes),
  };
}

function isSame(one: KnownDeployment, other: KnownDeployment | undefined): boolean {
  return other !== undefined && one.deployedAt === other.deployedAt && one.startedAt === other.startedAt;
}

/** A deploy that somebody stated by its instants alone. */
export function statedDeployment(startedAt: number, deployedAt: number, source: string): KnownDeployment {
  return { id: `${source}-${deployedAt}`, environment: "", sha: "", startedAt, deployedAt };
}
