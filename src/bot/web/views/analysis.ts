import { escapeHtml, isWebAddress } from "../../../report/escape.ts";
import type { Analysis } from "../../store/analyses.ts";
import { moment, shortSha } from "./layout.ts";

const STATES: Readonly<Record<Analysis["state"], string>> = {
  announced: "It is known; its plan is being written down.",
  waiting: "It waits for the end of the time after the deploy.",
  done: "It has ended.",
  overtaken: "A newer deploy in the same window ended it: nobody could tell the two apart.",
  "given-up": "It was given up after all its tries failed.",
  cancelled: "There was nothing to judge.",
};

/** A deploy that has no verdict: why, and when there will be one. */
export function analysisBody({
  base,
  analysis,
  now,
}: {
  readonly base: string;
  readonly analysis: Analysis;
  /** Epoch seconds. */
  readonly now: number;
}): string {
  const { tenant, environment, sha, checkUrl, lastError, nextAt } = analysis;
  const next =
    nextAt === null ? "nothing more is planned" : nextAt <= now ? `due since ${moment(nextAt)}` : moment(nextAt);
  const items: readonly (readonly [string, string])[] = [
    ["Repository", escapeHtml(tenant.repository)],
    ["Environment", escapeHtml(environment)],
    ["Commit", shortSha(sha)],
    ["Deployed", moment(analysis.deployedAt)],
    ["Next look", next],
    ["Looks so far", String(analysis.look)],
    ...(lastError === null ? [] : [["Last try", escapeHtml(lastError)] as const]),
    ...(checkUrl !== null && isWebAddress(checkUrl)
      ? [["Plan", `<a href="${escapeHtml(checkUrl)}">on the check</a>, written down before there were data`] as const]
      : []),
  ];
  return `<p class="crumbs"><a href="${base}/waiting">Waiting</a> / ${escapeHtml(tenant.repository)} / ${escapeHtml(environment)}</p>
<section class="card facts"><h1>No verdict on this deploy yet</h1><p>${STATES[analysis.state]}</p><dl>${items
    .map(([name, markup]) => `<dt>${name}</dt><dd>${markup}</dd>`)
    .join("")}</dl></section>`;
}
