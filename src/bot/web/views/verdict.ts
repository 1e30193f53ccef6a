import { escapeHtml, isWebAddress } from "../../../report/escape.ts";
import type { ReportModel } from "../../../report/model.ts";
import { type ReportView, reportBody } from "../../../report/views/html.ts";
import type { Outcome } from "../../store/outcomes.ts";
import type { StoredVerdict } from "../../store/verdicts.ts";
import { moment, shortSha } from "./layout.ts";

export interface VerdictContent {
  readonly base: string;
  readonly serverUrl: string;
  readonly verdict: StoredVerdict;
  readonly model: ReportModel;
  readonly view: ReportView;
  readonly checkUrl: string | null;
  /** All verdicts on this deploy, newest first. */
  readonly looks: readonly StoredVerdict[];
  readonly outcomes: readonly Outcome[];
}

const CONCLUSION_WORDS: Readonly<Record<string, string>> = {
  success: "The check is green.",
  failure: "The check is red.",
  neutral: "The check is neutral: it blocks nothing.",
};

export function verdictBody(content: VerdictContent): string {
  const { base, verdict, model, view } = content;
  return `<p class="crumbs"><a href="${base}/">Verdicts</a> / <a href="${base}/?repository=${encodeURIComponent(verdict.tenant.repository)}">${escapeHtml(verdict.tenant.repository)}</a> / ${escapeHtml(verdict.environment)} / ${shortSha(verdict.sha)}</p>
${reportBody(model, view)}
${about(content)}`;
}

function about({ base, serverUrl, verdict, checkUrl, looks, outcomes }: VerdictContent): string {
  const repository = `<a href="${escapeHtml(`${serverUrl}/${verdict.tenant.repository}`)}">${escapeHtml(verdict.tenant.repository)}</a>`;
  const check =
    checkUrl !== null && isWebAddress(checkUrl) ? ` <a href="${escapeHtml(checkUrl)}">See it on GitHub.</a>` : "";
  const items: readonly (readonly [string, string])[] = [
    ["Repository", repository],
    ["Deployed", moment(verdict.deployedAt)],
    [
      "Judged",
      `${moment(verdict.createdAt)}${verdict.lateSeconds > 60 ? `, ${Math.round(verdict.lateSeconds / 60)} minutes later than planned` : ""}`,
    ],
    ["Check", `${CONCLUSION_WORDS[verdict.conclusion] ?? escapeHtml(verdict.conclusion)}${check}`],
    ["What became of it", became(outcomes)],
    ["Everything as data", `<a href="${base}/verdicts/${verdict.id}/result.json">result.json</a>`],
    ...(looks.length > 1 ? [["All verdicts on this deploy", history(base, verdict, looks)] as const] : []),
  ];
  return `<section class="card facts" aria-labelledby="about"><h2 id="about">About this verdict</h2><dl>${items
    .map(([name, markup]) => `<dt>${name}</dt><dd>${markup}</dd>`)
    .join("")}</dl></section>`;
}

function became(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return "Nobody said yet.";
  return `<ul>${outcomes.map(({ kind, note, at }) => `<li>${escapeHtml(kind)}, ${moment(at)}${note === "" ? "" : `: ${escapeHtml(note)}`}</li>`).join("")}</ul>`;
}

function history(base: string, current: StoredVerdict, looks: readonly StoredVerdict[]): string {
  const items = looks.map(({ id, title, createdAt }) =>
    id === current.id
      ? `<li>${moment(createdAt)}: ${escapeHtml(title)} (this one)</li>`
      : `<li>${moment(createdAt)}: <a href="${base}/verdicts/${id}">${escapeHtml(title)}</a></li>`,
  );
  return `<ul>${items.join("")}</ul>`;
}
