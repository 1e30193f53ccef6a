import type { Advice, BacktestDocument, MeasuredRate, SliTally, Tally } from "../../core/history/result.ts";
import { count, fixed, listing } from "../format.ts";
import { adviceText } from "../wording/advice.ts";
import { REASON_WORDING } from "../wording/reasons.ts";
import { type Block, left, list, type Page, page, right, text } from "./page.ts";
import { harmText, historySentences, marginOf, nameOf, percent, rateText, type SliScale, spanText } from "./words.ts";

/** What `backtest` found, for a person. */
export function backtestPage(document: BacktestDocument): Page {
  const { whole, refused } = document;
  if (whole === null || refused !== null) {
    const { message = "", hint = "" } = refused ?? {};
    return page(`No answer: ${message}`, [text(hint), text(historySentences(document)[0] ?? ""), notes(document)]);
  }
  return page(headline(whole), [
    text(fakesSentence(document), ...historySentences(document)),
    table(document),
    text(legend(document)),
    list("What to change", adviceLines(document), true),
    list("No answer, and why", document.slis.flatMap(refusalLine)),
    reassignedBlock(document),
    notes(document),
  ]);
}

function headline({ regressions }: Tally): string {
  const { count: alarms, of, rate, confLow, confHigh, nominal } = regressions;
  if (rate === null) return `None of the fake deploys could be judged.`;
  const found = `${count(alarms, "false alarm")} in ${count(of, "answer")}`;
  const measured = `${percent(rate)} (95% interval ${percent(confLow)} to ${percent(confHigh)})`;
  return `${found}: ${measured}, at most ${percent(nominal)} expected.`;
}

function fakesSentence({ fakes }: BacktestDocument): string {
  const where = fakes.every === null ? "drawn over the history" : `one every ${spanText(fakes.every)}`;
  const overlap = fakes.overlapping
    ? ` Their windows overlap, so that they count as ${fixed(fakes.independent, 0)} independent ones.`
    : "";
  return `${count(fakes.count, "fake deploy")}, ${where}, each judged like a real one. Nothing was deployed at any of them, so every regression is a false alarm.${overlap}`;
}

function table({ slis, whole }: BacktestDocument): Block {
  const rows = slis.map((sli) => [
    nameOf(sli),
    alarms(sli.regressions),
    percent(sli.excludesZero.rate),
    percent(sli.inconclusive.rate),
    percent(sli.refused.rate),
    harmText(sli, sli.mde, ({ median }) => median),
    marginOf(sli),
    percent(sli.ruledOut.rate),
  ]);
  const all = whole !== null && slis.length > 1 ? [wholeRow(whole)] : [];
  return {
    type: "table",
    columns: [
      left("metric"),
      ...["false alarms", "misses", "open", "refused", "would see", "margin", "ruled out"].map(right),
    ],
    rows: [...rows, ...all],
  };
}

function wholeRow(whole: Tally): string[] {
  return [
    "all together",
    alarms(whole.regressions),
    "",
    percent(whole.inconclusive.rate),
    percent(whole.refused.rate),
    "",
    "",
    "",
  ];
}

function alarms({ count: hits, rate }: MeasuredRate): string {
  return rate === null ? "-" : `${fixed(hits, 0)} (${percent(rate)})`;
}

function legend({ slis, alpha }: BacktestDocument): string {
  const seen = slis.flatMap(({ excludesZero }) => (excludesZero.rate === null ? [] : [excludesZero]));
  const spread = seen.length === 1 && seen[0] !== undefined ? `, here ${rateText(seen[0])}` : "";
  return `misses: intervals that leave out "no change", whatever the margin; ${percent(alpha)} is right${spread}. open: inconclusive. would see: the harm that the middle window calls a regression in four of five cases. ruled out: share of fake deploys that ended with harm beyond the margin ruled out.`;
}

function adviceLines({ advice, slis }: BacktestDocument): string[] {
  return advice.map((one) => adviceText(one, scaleOf(one, slis)));
}

function scaleOf({ sli, service }: Advice, slis: readonly SliTally[]): SliScale | null {
  return slis.find((one) => one.id === sli && one.service === service) ?? null;
}

function refusalLine(sli: SliTally): string[] {
  if (sli.refusals.length === 0) return [];
  const reasons = sli.refusals.map(({ code, count: times }) => `${REASON_WORDING[code].short} (${code}, ${times})`);
  return [`${nameOf(sli)}, ${count(sli.refused.count, "time")}: ${listing(reasons, 4)}.`];
}

function reassignedBlock({ reassigned, slis }: BacktestDocument): Block | null {
  if (reassigned === null) return null;
  const { whole, perTime } = reassigned;
  const each = reassigned.slis.map((sli) => `${nameOf(sli)} misses ${percent(sli.excludesZero.rate)}`);
  const own = slis.map((sli) => `${percent(sli.excludesZero.rate)}`);
  return text(
    `With as many units drawn by chance in the place of the treated ones (${count(perTime, "draw")} at every fake deploy): false alarms ${rateText(whole.regressions)}, worth ${fixed(whole.regressions.effective, 0)} independent windows; ${listing(each, 6)} (with the real ones ${listing(own, 6)}).`,
  );
}

function notes({ history }: BacktestDocument): Block | null {
  return list("Notes", history.notes);
}
