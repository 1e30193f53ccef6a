import { escapeHtml, isWebAddress } from "../../../report/escape.ts";
import { table } from "../../../report/views/html-text.ts";
import type { WaitingAnalysis, WaitingGate } from "../../store/pages.ts";
import { moment, shortSha } from "./layout.ts";

/** Rows of each table; whoever has more filters by looking at GitHub. */
export const MOST_WAITING = 200;

export interface WaitingContent {
  readonly serverUrl: string;
  /** Epoch seconds. */
  readonly now: number;
  readonly analyses: readonly WaitingAnalysis[];
  readonly gates: readonly WaitingGate[];
}

export function waitingBody({ serverUrl, now, analyses, gates }: WaitingContent): string {
  return `<section class="card" aria-labelledby="analyses"><h1 id="analyses">Waiting for their verdict</h1>
<p class="note">Deploys whose time after it is not over. The one that is looked at next comes first.</p>
${
  analyses.length === 0
    ? "<p>No deploy waits. One appears here as soon as GitHub reports that a deployment succeeded.</p>"
    : table(
        "Deploys",
        ["Repository", "Environment", "Commit", "Deployed", "Next look", "Looks so far"],
        analyses.map((one) => analysisRow(one, now)),
        "stack list",
      )
}</section>
<section class="card" aria-labelledby="gates"><h2 id="gates">Gates that wait</h2>
<p class="note">Deployments that start when the environment before them was not harmed.</p>
${
  gates.length === 0
    ? "<p>No gate waits.</p>"
    : table(
        "Gates",
        ["Repository", "Opens", "Watches", "Commit", "Asked", "Must be answered by", "Said so far"],
        gates.map((gate) => gateRow(gate, serverUrl)),
        "stack list",
      )
}</section>`;
}

const cell = (label: string, markup: string): string => `<td data-label="${label}">${markup}</td>`;

function analysisRow(one: WaitingAnalysis, now: number): string {
  const next =
    one.nextAt === null ? "at once" : one.nextAt <= now ? `due since ${moment(one.nextAt)}` : moment(one.nextAt);
  const trouble = one.lastError === null ? "" : `<span class="aside">Last try: ${escapeHtml(one.lastError)}</span>`;
  const commit =
    one.checkUrl !== null && isWebAddress(one.checkUrl)
      ? `<a href="${escapeHtml(one.checkUrl)}">${shortSha(one.sha)}</a>`
      : shortSha(one.sha);
  return `<tr><th scope="row">${escapeHtml(one.tenant.repository)}</th>${cell("Environment", escapeHtml(one.environment))}${cell("Commit", commit)}${cell("Deployed", moment(one.deployedAt))}${cell("Next look", `${next}${trouble}`)}${cell("Looks so far", String(one.look))}</tr>`;
}

function gateRow(gate: WaitingGate, serverUrl: string): string {
  const run = `${serverUrl}/${gate.tenant.repository}/actions/runs/${gate.runId}`;
  const watches = gate.watches === null ? "not known yet" : gate.watches;
  const said = gate.state === "left-to-people" ? "Left to people: " : "";
  return `<tr><th scope="row"><a href="${escapeHtml(run)}">${escapeHtml(gate.tenant.repository)}</a></th>${cell("Opens", escapeHtml(gate.environment))}${cell("Watches", escapeHtml(watches))}${cell("Commit", shortSha(gate.sha))}${cell("Asked", moment(gate.requestedAt))}${cell("Must be answered by", moment(gate.deadline))}${cell("Said so far", escapeHtml(`${said}${gate.lastReport ?? "nothing"}`))}</tr>`;
}
