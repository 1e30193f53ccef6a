import { formatDuration } from "../../config/duration.ts";
import type { HistoryDocument } from "../../core/history/result.ts";
import { type Refusal, refuse } from "../../core/outcome.ts";
import { iso } from "../premature.ts";
import type { FakeTimes } from "./fake-times.ts";
import { exclusionsOf, reachOf, type Study, type WindowChange } from "./study.ts";

/** What a document says beside its numbers. */
export interface DocumentHead {
  readonly version: string;
  readonly config: { readonly file: string; readonly hash: string; readonly environment: string | null } | null;
}

export function documentOf(
  study: Study,
  times: Pick<FakeTimes, "leftOut">,
  refused: Refusal | null,
  { version, config }: DocumentHead,
): HistoryDocument {
  const { from, to, parts, known, alpha, seed, notes } = study;
  return {
    schemaVersion: 1,
    version,
    config: config?.file ?? null,
    configHash: config?.hash ?? null,
    environment: config?.environment ?? null,
    seed,
    alpha,
    history: {
      from,
      to,
      services: parts.map(({ plan, windows }) => ({ service: plan.service, ...windows })),
      deployments:
        known.deployments === null
          ? null
          : known.deployments.filter(({ deployedAt, startedAt }) => deployedAt >= from && startedAt < to).length,
      deploymentSources: known.sources,
      exclusions: exclusionsOf(study).filter((one) => one.to > from && one.from < to).length,
      leftOut: times.leftOut,
      notes: [...notes, ...known.notes],
    },
    refused,
  };
}

/** Why no fake deploy can be made; null when some can. */
export function refusalOf(study: Study, times: FakeTimes, change: WindowChange = {}): Refusal | null {
  if (times.times.length > 0) return null;
  const { from, to } = study;
  const { before, after } = reachOf(study, change);
  if (study.parts.every(({ inputs }) => inputs.every(({ series }) => series.length === 0))) {
    return refuse(
      "NO_DATA",
      "No data came back for any SLI.",
      "Check names, labels and the time asked for; `deploy-impact validate` shows what each query returns.",
      { from, to },
    ).refusal;
  }
  if (times.room.last < times.room.first) {
    return refuse(
      "PRE_TOO_SHORT",
      `The history from ${iso(from)} to ${iso(to)} is too short for one fake deploy, which needs ${formatDuration(before)} before and ${formatDuration(after)} after it.`,
      "Ask for more (--history, --from), or try shorter windows with --pre and --post.",
      { from, to, needed: before + after, has: Math.max(0, to - from) },
    ).refusal;
  }
  return refuse(
    "OVERLAPPING_DEPLOY",
    `Known deployments and excluded times leave no calm stretch for a fake deploy in ${formatDuration(Math.round(to - from))} of history.`,
    "Ask for more (--history, --from), or try shorter windows with --pre and --post.",
    { from, to, deployments: study.known.deployments?.length ?? 0 },
  ).refusal;
}
