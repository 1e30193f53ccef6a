import { hasExactCounts } from "../estimators/did-exact-count.ts";
import { arrangeWaves } from "../estimators/waves/arrangement.ts";
import { waveEffect } from "../estimators/waves/effect.ts";
import { fitWaves, type WaveFit } from "../estimators/waves/fit.ts";
import { type Outcome, refuse } from "../outcome.ts";
import type { Aligned } from "../panel/align.ts";
import { alignClusters } from "../panel/collapse.ts";
import { meanOfUnits } from "../panel/panel.ts";
import { treatedSides } from "../panel/sides.ts";
import { groupUnits } from "../panel/unit-series.ts";
import { wavesOf } from "../panel/waves.ts";
import type { AnalysisPlan } from "../plan.ts";
import { absoluteMargin } from "../verdict/judge.ts";
import type { DesignBrief, DesignOutcome, DesignPast, DesignQuestion, DesignRoute } from "./design.ts";
import { describeWaves } from "./staggered/describe.ts";
import { judgedUnits, waveBaseline } from "./staggered/paths.ts";

/** Units deployed at different times, each wave compared with the units that are not deployed then: docs/designs/staggered.md. */
export const staggered: DesignRoute = {
  id: "staggered",
  checks: [
    "pre-trends",
    "placebo-in-time",
    "placebo-in-space",
    "leave-one-out",
    "leave-one-wave-out",
    "spillover",
    "staggered-estimators",
  ],
  run,
  past,
  brief,
  suits,
};

function past(question: DesignQuestion): DesignOutcome<DesignPast> {
  const opened = open(question);
  if (!opened.ok) return opened;
  const { aligned, fit } = opened.value;
  const units = judgedUnits(fit);
  const gap = fit.gaps.of(units, fit.control).values;
  const { window, variance, dof, scale, levels } = fit;
  const level = meanOfUnits(levels, units);
  return { ok: true, value: { aligned, gap, preEnd: window.preEnd, variance, dof, scale, level } };
}

/** Waves in plain words; null when the units that have data were deployed at one time. */
function suits({ plan, input }: DesignQuestion): string | null {
  if (plan.waves === undefined) return null;
  const times = plan.waves;
  const seen = groupUnits(plan, input.series).flatMap(({ unit, treated }) => (treated ? [unit] : []));
  const own = Object.fromEntries(seen.flatMap((unit) => (times[unit] === undefined ? [] : [[unit, times[unit]]])));
  const waves = wavesOf(own, plan.window).length;
  return waves < 2 ? null : `the units were deployed in ${waves} waves`;
}

function run(question: DesignQuestion): DesignOutcome {
  const opened = open(question);
  if (!opened.ok) return opened;
  const { aligned, fit } = opened.value;
  return { ok: true, value: describeWaves(question, aligned, fit, waveEffect(fit)) };
}

/** What parts of the units share is read from their controls: a wave has no one gap before the deploy. */
function brief(question: DesignQuestion): Outcome<DesignBrief> {
  const opened = open(question);
  if (!opened.ok) return { ok: false, refusal: opened.refusal };
  const { sli } = question;
  const { aligned, fit } = opened.value;
  const { panel } = aligned;
  const { treatedPost } = waveBaseline(panel, fit);
  const judged = new Set(judgedUnits(fit));
  return {
    ok: true,
    value: {
      effect: waveEffect(fit),
      margin: absoluteMargin(sli.margin, sli.direction, treatedPost),
      treatedPost,
      treatedUnits: judged.size,
      controlUnits: fit.control.filter((unit) => !judged.has(unit)).length,
      gap: { first: 0, values: new Float64Array(0) },
      controlChanges: new Map(
        fit.controlChanges.flatMap(({ unit, change }) =>
          judged.has(unit) ? [] : [[panel.units[unit] ?? "", change] as const],
        ),
      ),
    },
  };
}

interface Opened {
  readonly aligned: Aligned;
  readonly fit: WaveFit;
}

/** The panel and the fit; what was already known of the panel when it had to refuse. */
function open({ plan, sli, input }: DesignQuestion): DesignOutcome<Opened> {
  const possible = checkPlan(plan);
  if (!possible.ok) return { ...possible, aligned: null };
  const found = alignClusters(plan, sli, input, { needsPre: true, sides: treatedSides });
  if (!found.ok) return { ...found, aligned: null };
  const aligned = found.value;
  const { panel } = aligned;
  const { step, settle } = plan.window;
  const arranged = arrangeWaves(panel, { times: possible.value, clusters: plan.clusters, step, settle });
  if (!arranged.ok) return { ...arranged, aligned };
  const fitted = fitWaves(panel, arranged.value, { scale: plan.scale, keepStill: hasExactCounts(sli, panel) });
  return fitted.ok ? { ok: true, value: { aligned, fit: fitted.value } } : { ...fitted, aligned };
}

function checkPlan(plan: AnalysisPlan): Outcome<NonNullable<AnalysisPlan["waves"]>> {
  if (plan.waves === undefined) {
    return refuse(
      "NOT_ESTIMABLE",
      "The design `staggered` needs the deploy time of each unit, and only one time is known.",
      "Write `deployed-at: { unit: time }` (for a panel: --deployed-at unit=time, or the column deployed_at), or use `design: did`.",
    );
  }
  if (plan.inference === "precision-weighted") return { ok: true, value: plan.waves };
  return refuse(
    "NOT_ESTIMABLE",
    `The inference ${plan.inference} is not there for waves: two-way fixed effects would compare late waves with units that are already deployed.`,
    "Leave `inference` out; the report shows what the estimators of the literature say beside the answer.",
    { inference: plan.inference },
  );
}
