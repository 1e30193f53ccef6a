import type { ArenaLine } from "./run-case.ts";

/** One line of manifest.jsonl: what is true about a case. */
export interface ArenaTruth {
  readonly id: string;
  /** none: plain A/A at a random time; none_ramp: at the steepest change; others: faults and effects. */
  readonly kind: string;
  readonly family: "null" | "effect";
  readonly expected: string;
  readonly truth_abs: number;
  readonly truth_rel: number | null;
  readonly truth_abs_w?: number | null;
  /** Effect in units of the standard deviation of placebo effects; null when not defined. */
  readonly snr: number | null;
  readonly pre_mean_treated: number | null;
}

const ALPHA = 0.05;
/** An effect of at least this many placebo standard deviations is clear. */
const CLEAR = 4;

interface Scored {
  readonly truth: ArenaTruth;
  readonly alarm: boolean;
  readonly p: number;
  readonly covers: boolean | null;
  /** Alarm with the sign of the true effect, or with the other one. */
  readonly right: boolean;
  readonly wrong: boolean;
  readonly verdict: ArenaLine["verdict"];
  readonly sameSign: boolean;
  readonly ms: number;
}

/** The headline figures as a Markdown table, shares with their 95 % Wilson bounds. */
export function scoreTable(truths: readonly ArenaTruth[], lines: readonly ArenaLine[]): string {
  const scored = truths.map((truth) =>
    score(
      truth,
      lines.find((line) => line.id === truth.id),
    ),
  );
  const rows = headline(scored).map(([name, value]) => `| ${name} | ${value} |`);
  return [
    `${truths.length} cases; two-sided ${ALPHA}; [95 % Wilson bounds]`,
    "",
    "| figure | value |",
    "|---|---|",
    ...rows,
  ].join("\n");
}

function headline(all: readonly Scored[]): [string, string][] {
  const aa = all.filter(({ truth }) => truth.kind === "none" || truth.kind === "none_ramp");
  const nulls = all.filter(({ truth }) => truth.family === "null");
  const effects = all.filter(
    ({ truth }) => truth.family === "effect" && truth.expected !== "any" && truth.truth_abs !== 0,
  );
  const clear = effects.filter(({ truth }) => truth.snr !== null && Math.abs(truth.snr) >= CLEAR);
  const cut = sizeAdjustedCut(nulls);
  const adjusted = (some: readonly Scored[]): string =>
    share(
      some.filter((one) => one.p < cut && one.sameSign),
      some,
    );
  const covered = (some: readonly Scored[]): string =>
    share(
      some.filter((one) => one.covers),
      some.filter((one) => one.covers !== null),
    );
  const harmful = all.filter(({ truth }) => truth.expected === "fail");
  const large = harmful.filter(({ truth }) => truth.truth_rel !== null && Math.abs(truth.truth_rel) > 0.1);
  const alarms = effects.filter((one) => one.alarm);
  const ofVerdict = (some: readonly Scored[], verdict: string): Scored[] =>
    some.filter((one) => one.verdict === verdict);
  return [
    [
      "A/A alarms",
      share(
        aa.filter((one) => one.alarm),
        aa,
      ),
    ],
    [
      "alarms on all null cases",
      share(
        nulls.filter((one) => one.alarm),
        nulls,
      ),
    ],
    ["common-shock alarms", kindAlarms(nulls, "common_shock")],
    ["null regression verdicts", share(ofVerdict(nulls, "fail"), nulls)],
    ["coverage", covered(all)],
    ["coverage, A/A", covered(aa)],
    [
      "power",
      share(
        effects.filter((one) => one.right),
        effects,
      ),
    ],
    [
      "power, effect >= 4 placebo SD",
      share(
        clear.filter((one) => one.right),
        clear,
      ),
    ],
    ["size-adjusted power", adjusted(effects)],
    ["size-adjusted power, effect >= 4 placebo SD", adjusted(clear)],
    ["harmful -> fail", share(ofVerdict(harmful, "fail"), harmful)],
    ["pass on a harm above 10 %", share(ofVerdict(large, "pass"), large)],
    ["wrong sign among alarms", `${alarms.filter((one) => one.wrong).length}/${alarms.length}`],
    ["inconclusive or invalid", share(ofVerdict(all, "inconclusive"), all)],
    ["errors", `${ofVerdict(all, "error").length}/${all.length}`],
    [
      "milliseconds per case, median and largest",
      `${median(all.map((one) => one.ms))}, ${Math.max(...all.map((one) => one.ms))}`,
    ],
  ];
}

function kindAlarms(some: readonly Scored[], kind: string): string {
  const members = some.filter(({ truth }) => truth.kind === kind);
  return share(
    members.filter((one) => one.alarm),
    members,
  );
}

function score(truth: ArenaTruth, line: ArenaLine | undefined): Scored {
  const ok = line !== undefined && line.verdict !== "error";
  const effect = line?.weighted === true && truth.truth_abs_w != null ? truth.truth_abs_w : truth.truth_abs;
  const alarm = ok && alarms(line);
  const product = (line?.estimate ?? 0) * effect;
  return {
    truth,
    alarm,
    p: line?.p_value ?? (alarm ? 0 : 1),
    covers: ok ? covers(line, effect, truth) : null,
    right: alarm && product > 0,
    wrong: alarm && product < 0,
    verdict: line?.verdict ?? "error",
    sameSign: product > 0,
    ms: line?.ms ?? 0,
  };
}

function alarms(line: ArenaLine): boolean {
  if (line.p_value !== undefined) return line.p_value < ALPHA;
  if (line.ci_low !== undefined && line.ci_high !== undefined) return line.ci_low > 0 || line.ci_high < 0;
  return line.verdict === "fail";
}

/** With a slack of 1e-5 of the level, because truths are stored with eight digits. */
function covers(line: ArenaLine, effect: number, truth: ArenaTruth): boolean | null {
  if (line.ci_low === undefined || line.ci_high === undefined) return null;
  const slack = 1e-5 * Math.max(Math.abs(effect), Math.abs(truth.pre_mean_treated ?? 0), 1e-12);
  return line.ci_low - slack <= effect && effect <= line.ci_high + slack;
}

/** The p-value below which exactly alpha of the null cases fall. */
function sizeAdjustedCut(nulls: readonly Scored[]): number {
  const sorted = nulls.map((one) => one.p).sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(ALPHA * sorted.length), sorted.length - 1)] ?? 0;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function share(some: readonly unknown[], of: readonly unknown[]): string {
  const n = of.length;
  if (n === 0) return "-";
  const p = some.length / n;
  const z = 1.96;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  const percent = (x: number): string => (100 * x).toFixed(1);
  return `${percent(p)} % [${percent(centre - half)}-${percent(centre + half)}] (${some.length}/${n})`;
}
