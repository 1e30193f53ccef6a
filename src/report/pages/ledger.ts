import type { CalibrationBin, LedgerShare, LedgerSummary, VerdictRow } from "../../core/ledger/summary.ts";
import { count, duration, fixed, listing, significant } from "../format.ts";
import { VERDICT_WORDING } from "../wording/verdicts.ts";
import { type Block, left, list, type Page, page, right, text } from "./page.ts";

/** What the summary does not know about the file it came from. */
export interface LedgerOrigin {
  /** Lines that could not be read, as sentences. */
  readonly damaged: readonly string[];
  /** `environment production`, when only a part was asked for; null: everything. */
  readonly only: string | null;
}

/** How the verdicts of a ledger turned out, for a person. */
export function ledgerPage(summary: LedgerSummary, origin: LedgerOrigin): Page {
  if (summary.deploys === 0) return page(headline(summary, origin), [list("Mind", origin.damaged)]);
  return page(headline(summary, origin), [
    list("Mind", [...caveats(summary), ...origin.damaged]),
    figures(summary),
    text(promise(summary), slowest(summary)),
    verdicts(summary),
    text("harmful: reverted, hotfix or incident."),
    calibration(summary),
    text(
      "confidence in harm: 1 - p of a harm up to the margin (after Holm) of the worst metric of the deploy. It says how surely that metric got worse, not how likely somebody reverts: read the rows against each other, further down more should have turned out harmful.",
    ),
    list("Notes", notes(summary)),
  ]);
}

function headline({ deploys, from, to, unknown }: LedgerSummary, { only }: LedgerOrigin): string {
  const part = only === null ? "" : ` (${only})`;
  if (from === null || to === null) return `No verdict is in this ledger${part}.`;
  const [first, last] = [from.slice(0, 10), to.slice(0, 10)];
  const days = first === last ? `on ${first}` : `from ${first} to ${last}`;
  return `${count(deploys, "deploy")} ${days}${part}; how ${deploys - unknown} of them turned out is known.`;
}

/** Fewer than this and the 95 % interval of a share is more than half of everything. */
const FEW = 10;

function caveats(summary: LedgerSummary): string[] {
  const { deploys, unknown, precision, recall, assumedFine, unmatchedMarks, outcomes } = summary;
  const known = deploys - unknown;
  const few = [
    ...(precision.of < FEW ? [`${count(precision.of, "regression")} with a known outcome (precision)`] : []),
    ...(recall.of < FEW ? [`${count(recall.of, "harmful deploy")} (recall)`] : []),
  ];
  const said = [
    known === 0
      ? "Nobody has said yet how these deploys turned out, so that nothing can be said about precision, recall and calibration; deploy-impact ledger mark says it."
      : null,
    known > 0 && few.length > 0
      ? `Too few to judge by: ${listing(few)}. The intervals show how little is known.`
      : null,
    known > 0 && outcomes.fine === 0
      ? "No deploy is known to be fine: without them false alarms cannot be counted, and precision speaks only of deploys that somebody had reason to mark."
      : null,
    known > 0 && unknown >= known
      ? `Of ${unknown} of ${count(deploys, "deploy")} nobody has said how they turned out. If mostly the bad ones are marked, precision looks better than it is; --fine-after 14d counts older ones as fine.`
      : null,
    assumedFine > 0
      ? `${assumedFine} of ${outcomes.fine} fine deploys count as fine because nobody marked them.`
      : null,
    unmatchedMarks > 0
      ? `Without effect, because no deploy of this ledger fits: ${count(unmatchedMarks, "mark")}.`
      : null,
  ];
  return said.filter((one) => one !== null);
}

function figures(summary: LedgerSummary): Block {
  const row = (name: string, value: LedgerShare, meaning: string): string[] => [
    name,
    shareText(value),
    intervalText(value),
    meaning,
  ];
  return {
    type: "table",
    columns: [left("figure"), left("value"), left("95% interval"), left("meaning")],
    rows: [
      row("precision", summary.precision, "of the regressions turned out harmful"),
      row("recall", summary.recall, "of the harmful deploys were called a regression"),
      row("missed", summary.missed, "of the harmful deploys passed"),
      row("false alarms", summary.falseAlarms, "of the fine deploys were called a regression"),
      row("no answer", summary.unanswered, "of all deploys: inconclusive or invalid"),
      alarms(summary),
      timeToVerdict(summary),
    ],
  };
}

function alarms({ alarmsPerWeek: found }: LedgerSummary): string[] {
  return found === null
    ? ["alarms per week", "-", "-", "the deploys span less than a week"]
    : [
        "alarms per week",
        significant(found.rate, 2),
        `${significant(found.low, 2)} to ${significant(found.high, 2)}`,
        "regressions, right or wrong",
      ];
}

function timeToVerdict({ timeToVerdict: time }: LedgerSummary): string[] {
  return time === null
    ? ["time to verdict", "-", "-", "no verdict has decided yet"]
    : ["time to verdict", duration(time.median), "-", "median, from deploy to a verdict that decided"];
}

function slowest({ timeToVerdict: time }: LedgerSummary): string | null {
  return time === null || time.of < FEW ? null : `Nine of ten verdicts that decided came within ${duration(time.p90)}.`;
}

/** What the levels claim, beside what was seen. */
function promise({ promised, falseAlarms }: LedgerSummary): string | null {
  if (promised === null || falseAlarms.low === null || falseAlarms.high === null) return null;
  const claim = `The levels of these verdicts promise false alarms at ${percent(promised)} of the deploys at most`;
  if (falseAlarms.low > promised)
    return `${claim}: more were seen than that. Look at these deploys before you trust the next alarm.`;
  return `${claim}; what was seen does not contradict that.`;
}

function verdicts(summary: LedgerSummary): Block {
  return {
    type: "table",
    columns: [left("verdict"), ...["harmful", "fine", "not known"].map(right)],
    rows: summary.verdicts.map(({ verdict, harmful, fine, unknown }: VerdictRow) => [
      VERDICT_WORDING[verdict].inSentence,
      ...[harmful, fine, unknown].map(String),
    ]),
  };
}

function calibration(summary: LedgerSummary): Block | null {
  const filled = summary.calibration.filter(({ harmful }) => harmful.of > 0);
  if (filled.length === 0) return null;
  return {
    type: "table",
    columns: [
      left("confidence in harm"),
      ...["deploys", "claimed on average", "turned out harmful", "95% interval"].map(right),
    ],
    rows: filled.map(({ from, to, claimed, harmful }: CalibrationBin) => [
      `${percent(from)} to ${percent(to)}`,
      String(harmful.of),
      claimed === null ? "-" : percent(claimed),
      shareText(harmful),
      intervalText(harmful),
    ]),
  };
}

function notes({ repeated }: LedgerSummary): string[] {
  const left = repeated > 0 ? ` Not counted: ${count(repeated, "other verdict")}.` : "";
  return [
    `Of several verdicts on one deploy the first that decided counts, of several marks the last one.${left}`,
    "Intervals are exact (Clopper-Pearson, Garwood). They assume that deploys are independent, and that a deploy is not marked because of its verdict.",
  ];
}

function percent(value: number): string {
  return `${significant(100 * value, value > 0.995 && value < 1 ? 4 : 3)}%`;
}

/** `8 of 9 (89%)` */
function shareText({ count: hits, of, share }: LedgerShare): string {
  return share === null ? "-" : `${hits} of ${of} (${fixed(100 * share, 0)}%)`;
}

function intervalText({ low, high }: LedgerShare): string {
  return low === null || high === null ? "-" : `${fixed(100 * low, 0)}% to ${fixed(100 * high, 0)}%`;
}
