import { DeployImpactError } from "../../core/errors.ts";
import type { JsonValue } from "../../core/outcome.ts";
import type { JobHandler } from "../jobs/contract.ts";
import type { Database } from "../store/database.ts";
import { addReaction, countReactions, holdEnvironment, openPages, type ReactionState } from "../store/reactions.ts";
import { type ReactContext, sendJob } from "./context.ts";
import { updateIssue } from "./issue.ts";
import { loadOccasion, type Occasion } from "./occasion.ts";
import { type PlannedReaction, planReactions } from "./plan.ts";
import { preview } from "./preview.ts";
import { showReactions } from "./show.ts";

/** Decides what follows from a stored verdict; whatever is planned stands in the store before anything is sent. */
export function createReact(context: ReactContext): JobHandler<"react"> {
  return async ({ verdictId }) => {
    try {
      const occasion = await loadOccasion(context, verdictId);
      if (occasion === null) return;
      if (occasion.verdict.verdict === "regression") await planAll(context, occasion);
      else await clear(context, occasion);
    } catch (error) {
      // Another attempt would end the same way; what was planned before it stands.
      if (!(error instanceof DeployImpactError) || error.retryable) throw error;
      context.log.warning("A verdict could not be reacted to", { verdict: verdictId, why: error.message });
    }
  };
}

async function planAll(context: ReactContext, occasion: Occasion): Promise<void> {
  const planned = planReactions(occasion);
  if (planned.length === 0) return;
  // First what somebody waits for: a preview may have to ask GitHub, and no page waits until GitHub answers.
  const real = planned.filter(({ wish }) => wish !== "dry-run");
  await write(
    context,
    occasion,
    real.map((one) => ({ one, request: null })),
  );
  const previews: Previewed[] = [];
  for (const one of planned) {
    if (one.wish === "dry-run") previews.push({ one, request: await preview(context, occasion, one) });
  }
  await write(context, occasion, previews);
  await showReactions(context, occasion.verdict);
}

interface Previewed {
  readonly one: PlannedReaction;
  readonly request: JsonValue;
}

async function write(context: ReactContext, occasion: Occasion, all: readonly Previewed[]): Promise<void> {
  if (all.length === 0) return;
  await context.database.transaction(async (inside) => {
    await holdEnvironment(inside, occasion.verdict.tenant, occasion.verdict.environment);
    for (const { one, request } of all) await planOne(context, inside, occasion, one, request);
  });
}

async function planOne(
  context: ReactContext,
  inside: Database,
  { verdict }: Occasion,
  { kind, key, wish, atMost, detail }: PlannedReaction,
  request: JsonValue,
): Promise<void> {
  const { tenant, environment } = verdict;
  const at = context.now() / 1000;
  const sends = wish === "send";
  const counted = sends
    ? await countReactions(inside, tenant, { environment, entry: detail.entry, since: at - atMost.per })
    : 0;
  const state = sends && counted >= atMost.count ? "limited" : STATE_OF[wish];
  const given = { verdictId: verdict.id, environment, kind, key, state, detail: { ...detail, request }, at } as const;
  const id = await addReaction(inside, tenant, given);
  if (id === null) return;
  context.metrics.count("deploy_impact_reactions_total", { kind, state });
  if (state === "planned") await sendJob(context.queue, inside, { id, installationId: tenant.installationId });
}

const STATE_OF = { send: "planned", click: "awaiting-click", "dry-run": "dry-run" } as const satisfies Record<
  PlannedReaction["wish"],
  ReactionState
>;

/** A verdict without harm takes the pages of this deploy and of those before it back, and is told to its issue. */
async function clear(context: ReactContext, occasion: Occasion): Promise<void> {
  const { verdict, config } = occasion;
  if (verdict.verdict !== "no-impact" && verdict.verdict !== "improvement") return;
  const { tenant, environment, deployedAt, services } = verdict;
  await context.database.transaction(async (inside) => {
    await holdEnvironment(inside, tenant, environment);
    for (const page of await openPages(inside, tenant, { environment, deployedAt, services })) {
      const { detail } = page;
      if (detail.does !== "alert") continue;
      const { alert, severity, entry } = detail;
      const id = await addReaction(inside, tenant, {
        verdictId: page.verdictId,
        environment,
        kind: "resolve",
        key: `${page.id}:resolve`,
        state: "planned",
        // Not counted against the limit of alerts: taking one back wakes nobody.
        detail: { does: "resolve", alert, dedupKey: page.id, severity, entry: `${entry}:resolve`, request: null },
        at: context.now() / 1000,
      });
      if (id !== null) await sendJob(context.queue, inside, { id, installationId: tenant.installationId });
    }
  });
  if (config.alerts.some(({ to, dryRun }) => to === "github-issue" && !dryRun)) await tellIssue(context, occasion);
}

async function tellIssue(context: ReactContext, occasion: Occasion): Promise<void> {
  const { tenant } = occasion.verdict;
  const api = (await context.connect(tenant)).api(tenant.repository);
  const url = await updateIssue(occasion, api);
  if (url !== null)
    context.log.info("The issue of a regression says that it is clear now", { verdict: occasion.verdict.id });
}
