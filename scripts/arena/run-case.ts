import path from "node:path";
import { analyze } from "../../src/core/analyze.ts";
import type { AnalysisPlan, Direction, Kind } from "../../src/core/plan.ts";
import type { SliResult, Verdict } from "../../src/core/result.ts";
import { readPanel } from "../../src/sources/file/panel.ts";

/** One line of inputs.jsonl: all that a checker may see. */
export interface ArenaCase {
  readonly id: string;
  readonly file: string;
  readonly deploy_time: string;
  readonly step_s: number;
  readonly metric_type: "latency" | "rate" | "ratio" | "utilisation";
  readonly bad_direction: Direction;
  readonly value_semantics: "gauge" | "counter";
  readonly has_weight: boolean;
}

/** One line of the result file. */
export interface ArenaLine {
  readonly id: string;
  readonly estimate?: number;
  readonly ci_low?: number;
  readonly ci_high?: number;
  readonly p_value?: number;
  readonly verdict: "pass" | "fail" | "inconclusive" | "error";
  readonly weighted?: boolean;
  readonly reasons?: readonly string[];
  readonly design?: string;
  readonly message?: string;
  /** Milliseconds of the analysis, reading the file left out. */
  readonly ms: number;
}

const VERDICTS: Readonly<Record<Verdict, ArenaLine["verdict"]>> = {
  regression: "fail",
  "no-impact": "pass",
  improvement: "pass",
  inconclusive: "inconclusive",
  invalid: "inconclusive",
};

/** Reads and analyses one case with the defaults of `check --panel`; a crash is an `error` line, never lost. */
export async function runCase(
  dir: string,
  one: ArenaCase,
  design: AnalysisPlan["design"] = "auto",
): Promise<ArenaLine> {
  try {
    const { series } = await readPanel({ path: path.join(dir, one.file) });
    const started = performance.now();
    const { slis } = analyze([{ plan: planFor(one, design), inputs: [{ sli: one.id, series, warnings: [] }] }]);
    const ms = Math.round((performance.now() - started) * 100) / 100;
    return { id: one.id, ...lineOf(slis[0]), ...(isWeighted(one) ? { weighted: true } : {}), ms };
  } catch (error) {
    return { id: one.id, verdict: "error", message: error instanceof Error ? error.message : String(error), ms: 0 };
  }
}

function lineOf(sli: SliResult | undefined): Omit<ArenaLine, "id" | "ms"> {
  if (sli === undefined) return { verdict: "error", message: "no result" };
  const { estimate } = sli;
  return {
    ...(estimate === null ? {} : { estimate: estimate.att }),
    ...(estimate === null || estimate.confLow === null || estimate.confHigh === null
      ? {}
      : { ci_low: estimate.confLow, ci_high: estimate.confHigh }),
    ...(estimate === null || estimate.pValue === null ? {} : { p_value: estimate.pValue }),
    verdict: VERDICTS[sli.verdict],
    reasons: sli.reasonCodes,
    ...(sli.design === null ? {} : { design: sli.design }),
  };
}

function kindOf(one: ArenaCase): Kind {
  if (one.value_semantics === "counter") return "counter";
  return one.metric_type === "ratio" ? "ratio" : "gauge";
}

function isWeighted(one: ArenaCase): boolean {
  return kindOf(one) === "ratio" && one.has_weight;
}

function planFor(one: ArenaCase, design: AnalysisPlan["design"]): AnalysisPlan {
  return {
    service: null,
    slis: [
      {
        id: one.id,
        kind: kindOf(one),
        direction: one.bad_direction,
        role: "primary",
        margin: { type: "absolute", value: 0, text: "0" },
      },
    ],
    window: {
      deployedAt: Date.parse(one.deploy_time) / 1000,
      step: one.step_s,
      preStart: null,
      settle: 0,
      postEnd: null,
    },
    asOf: Number.MAX_SAFE_INTEGER,
    alpha: 0.05,
    inference: "precision-weighted",
    scale: "auto",
    design,
    seed: 1,
    treatedUnits: [],
    excludedUnits: [],
    clusters: {},
    exclusions: [],
    otherDeployments: null,
    exposure: null,
    configChanged: null,
    notes: {},
  };
}
