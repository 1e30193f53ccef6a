import { VERDICTS } from "../../../core/result.ts";
import { escapeHtml } from "../../../report/escape.ts";
import { table } from "../../../report/views/html-text.ts";
import { VERDICT_WORDING } from "../../../report/wording/verdicts.ts";
import type { ListedVerdict } from "../../store/pages.ts";
import type { TenantRepository } from "../../tenant.ts";
import { moment, shortSha } from "./layout.ts";

export interface ListFilter {
  /** owner/name; null: all. */
  readonly repository: string | null;
  readonly environment: string | null;
  readonly verdict: string | null;
}

export interface ListContent {
  readonly base: string;
  readonly filter: ListFilter;
  readonly repositories: readonly TenantRepository[];
  readonly environments: readonly string[];
  readonly verdicts: readonly ListedVerdict[];
  /** Where the next page begins; null: this is the last one. */
  readonly next: string | null;
  /** False on the first page. */
  readonly isLater: boolean;
  /** Deploys that wait for their verdict. */
  readonly waiting: number;
}

export function listBody(content: ListContent): string {
  const { verdicts, base, repositories } = content;
  const intro = `<h1>Verdicts</h1><p class="note">The newest first. A deploy that was looked at several times has a line for each look.</p>`;
  if (repositories.length === 0) return `<section class="card empty">${intro}${noRepository()}</section>`;
  const rows = verdicts.map((one) => row(base, one));
  const shown =
    rows.length === 0
      ? empty(content)
      : table("Verdicts", ["Verdict", "Repository", "Environment", "Commit", "Deployed"], rows, "stack list");
  return `<section class="card">${intro}${filters(content)}${shown}${pager(content)}</section>`;
}

function row(base: string, one: ListedVerdict): string {
  const { word } = VERDICT_WORDING[one.verdict];
  const answer = one.title.startsWith(`${word}: `) ? one.title.slice(word.length + 2) : one.title;
  const cell = (label: string, markup: string): string => `<td data-label="${label}">${markup}</td>`;
  return `<tr class="${one.verdict}"><th scope="row"><span class="state">${escapeHtml(word)}</span> <a href="${base}/verdicts/${one.id}">${escapeHtml(answer)}</a></th>${cell("Repository", escapeHtml(one.tenant.repository))}${cell("Environment", escapeHtml(one.environment))}${cell("Commit", shortSha(one.sha))}${cell("Deployed", moment(one.deployedAt))}</tr>`;
}

function filters({ base, filter, repositories, environments }: ListContent): string {
  const names = repositories.map(({ repository }) => ({ value: repository, text: repository }));
  const places = environments.map((name) => ({ value: name, text: name }));
  const words = VERDICTS.map((verdict) => ({ value: verdict, text: VERDICT_WORDING[verdict].word }));
  return `<form class="filters" method="get" action="${base}/">${select("repository", "Repository", filter.repository, names)}${select("environment", "Environment", filter.environment, places)}${select("verdict", "Verdict", filter.verdict, words)}<div><button>Show</button></div></form>`;
}

function select(
  name: string,
  label: string,
  chosen: string | null,
  options: readonly { readonly value: string; readonly text: string }[],
): string {
  const all = [{ value: "", text: "All" }, ...options].map(
    ({ value, text }) =>
      `<option value="${escapeHtml(value)}"${value === (chosen ?? "") ? " selected" : ""}>${escapeHtml(text)}</option>`,
  );
  return `<div><label for="filter-${name}">${label}</label><select id="filter-${name}" name="${name}">${all.join("")}</select></div>`;
}

function pager({ base, filter, next, isLater }: ListContent): string {
  const address = (after: string | null): string => {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...filter, after })) if (value !== null) parameters.set(name, value);
    const query = parameters.toString();
    return escapeHtml(`${base}/${query === "" ? "" : `?${query}`}`);
  };
  const links = [
    isLater ? `<a class="button" href="${address(null)}">Newest</a>` : "",
    next === null ? "" : `<a class="button" rel="next" href="${address(next)}">Older</a>`,
  ].join("");
  return links === "" ? "" : `<nav class="pager" aria-label="More verdicts">${links}</nav>`;
}

function noRepository(): string {
  return `<h2>No repository yet</h2>
<p>This App is installed on no repository that you can read. An owner of the account installs it on GitHub (the page of the App, “Install”); you see the repository here within five minutes.</p>`;
}

function empty({ base, filter, isLater, waiting }: ListContent): string {
  if (isLater) return `<p>No older verdicts.</p>`;
  const isFiltered = Object.values(filter).some((value) => value !== null);
  if (isFiltered)
    return `<h2>Nothing fits this filter</h2><p><a href="${base}/">Show all verdicts</a>, or <a href="${base}/waiting">see what waits for its verdict</a>.</p>`;
  const steps =
    waiting > 0
      ? `<p>${waiting === 1 ? "One deploy waits" : `${waiting} deploys wait`} for the end of the time after it: <a href="${base}/waiting">see when</a>.</p>`
      : `<ol><li>Commit <code>.github/deploy-impact.yml</code> to the default branch: where the metrics are, which units got the deploy, which metrics count.</li>
<li>Deploy with a GitHub deployment whose status becomes <code>success</code>.</li>
<li>The deploy appears under <a href="${base}/waiting">Waiting</a> at once, and here when the time after it is over.</li></ol>`;
  return `<h2>No verdict yet</h2>${steps}`;
}
