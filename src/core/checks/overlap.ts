import type { JsonValue } from "../outcome.ts";
import type { AnalysisPlan, OtherDeployment } from "../plan.ts";
import { type Check, result } from "./check.ts";

const ID = "overlap";

/** Another deployment in settle or post mixes two treatments; one before is listed and the pre window starts after it. */
export const overlap: Check = {
  id: ID,
  question: "Did another deployment touch these units inside the window?",
  run({ plan, panel, preShortenedTo }) {
    if (plan.otherDeployments === null) return null;
    const { deployedAt, settle, step } = plan.window;
    const postEnd = plan.window.postEnd ?? (panel === null ? deployedAt + settle : panel.start + panel.steps * step);
    const preStart = plan.window.preStart ?? panel?.start ?? Number.NEGATIVE_INFINITY;
    const others = plan.otherDeployments.filter((other) => !isWave(plan, other));
    const inPost = others.filter((other) => other.deployedAt >= deployedAt && other.deployedAt < postEnd);
    const inPre = others.filter((other) => other.deployedAt < deployedAt && other.deployedAt >= preStart);
    const facts = { inPost: inPost.map(listed), inPre: inPre.map(listed), preShortenedTo };
    return result(ID, inPost.length === 0, { required: true, statistic: inPost.length, threshold: 0 }, facts);
  },
};

/** A roll-out in waves may be one deployment per wave; those are what is judged. */
function isWave({ waves, window }: Pick<AnalysisPlan, "waves" | "window">, other: OtherDeployment): boolean {
  const tolerance = Math.max(window.step, window.settle);
  return Object.values(waves ?? {}).some((at) => Math.abs(other.deployedAt - at) < tolerance);
}

function listed(other: OtherDeployment): JsonValue {
  return {
    id: other.id,
    environment: other.environment,
    sha: other.sha,
    at: new Date(other.deployedAt * 1000).toISOString(),
    url: other.url ?? null,
  };
}
