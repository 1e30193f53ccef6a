import { VERDICTS } from "../../../core/result.ts";
import { escapeHtml } from "../../../report/escape.ts";
import { table } from "../../../report/views/html-text.ts";
import { VERDICT_WORDING } from "../../../report/wording/verdicts.ts";
import type { LedgerCount } from "../../store/pages.ts";

const OUTCOMES = ["reverted", "hotfix", "incident", "fine", null] as const;
const HEADS = ["Verdict", "Deploys", "Reverted", "Hotfix", "Incident", "Fine", "Nobody said"];

/** Verdicts against what became of the deploys, per repository: is the bot worth believing? */
export function ledgerBody(counts: readonly LedgerCount[], days: number): string {
  const repositories = [...new Set(counts.map(({ repository }) => repository))];
  const intro = `<h1>Ledger</h1>
<p class="note">What the verdicts of the last ${days} days said, and what became of those deploys. Reverts on the default branch are found by themselves. Of several verdicts on one deploy the first that decided counts.</p>`;
  if (repositories.length === 0)
    return `<section class="card empty">${intro}<p>Nothing to compare yet: the first line appears with the first verdict.</p></section>`;
  return `<section class="card">${intro}</section>${repositories
    .map((repository, index) =>
      repositoryCard(
        repository,
        counts.filter((one) => one.repository === repository),
        index,
      ),
    )
    .join("")}`;
}

function repositoryCard(repository: string, counts: readonly LedgerCount[], index: number): string {
  const rows = VERDICTS.flatMap((verdict) => {
    const own = counts.filter((one) => one.verdict === verdict);
    const total = own.reduce((sum, { deploys }) => sum + deploys, 0);
    if (total === 0) return [];
    const cells = OUTCOMES.map((outcome, at) => {
      const found = own.find((one) => one.outcome === outcome)?.deploys ?? 0;
      return `<td class="number" data-label="${HEADS[at + 2] ?? ""}">${found}</td>`;
    });
    return [
      `<tr class="${verdict}"><th scope="row"><span class="state">${VERDICT_WORDING[verdict].word}</span></th><td class="number" data-label="Deploys">${total}</td>${cells.join("")}</tr>`,
    ];
  });
  return `<section class="card" aria-labelledby="ledger-${index}"><h2 id="ledger-${index}">${escapeHtml(repository)}</h2>${table(`Ledger of ${repository}`, HEADS, rows, "stack list")}</section>`;
}
