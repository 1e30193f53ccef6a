import { runDataChecks } from "../checks/battery.ts";
import type { Series } from "../panel/series.ts";
import { groupUnits } from "../panel/unit-series.ts";
import { absoluteMargin } from "../verdict/judge.ts";
import type { DesignOutcome, DesignPast, DesignQuestion, DesignRoute } from "./design.ts";
import { splitChecks } from "./split/checks.ts";
import { splitBaseline, splitEventStudy, splitPaths, splitTimeToDecide, splitUnits } from "./split/describe.ts";
import { type SplitEffect, splitEffect } from "./split/effect.ts";
import { isRandomised, type SplitSample, splitSample } from "./split/sample.ts";

/** Units with and without the deploy, side by side after it; they need no past: docs/designs/split.md. */
export const split: DesignRoute = {
  id: "split",
  checks: ["sample-ratio", "balance", "warm-up", "leave-one-out"],
  run,
  past,
  suits,
};

/** New units have no past: the gap is that of the window in which both sides ran. */
function past(question: DesignQuestion): DesignOutcome<DesignPast> {
  const opened = open(question);
  if (!opened.ok) return opened;
  const { sample, found } = opened.value;
  const { aligned } = sample;
  const { postStart } = aligned.panel;
  const baseline = splitBaseline(sample, found);
  const { treated, control } = splitPaths(sample, baseline);
  const gap = treated.subarray(postStart).map((value, t) => value - (control[postStart + t] ?? Number.NaN));
  const { stdError, dof } = found.effect;
  const variance = stdError === null ? null : stdError ** 2;
  const level = baseline.treatedPost ?? Number.NaN;
  return { ok: true, value: { aligned, gap, preEnd: gap.length, variance, dof, scale: "additive", level } };
}

interface Opened {
  readonly sample: SplitSample;
  readonly found: SplitEffect;
}

/** The units that run side by side, and the effect. */
function open(question: DesignQuestion): DesignOutcome<Opened> {
  const sample = splitSample(question);
  if (!sample.ok) return { ...sample, aligned: null };
  const found = splitEffect(question.plan, question.sli, sample.value);
  if (!found.ok) return { ...found, aligned: sample.value.aligned };
  return { ok: true, value: { sample: sample.value, found: found.value } };
}

function run(question: DesignQuestion): DesignOutcome {
  const { plan, sli } = question;
  const opened = open(question);
  if (!opened.ok) return opened;
  const { sample, found } = opened.value;
  const { aligned, hasHistory } = sample;
  const { effect } = found;
  const baseline = splitBaseline(sample, found);
  const margin = absoluteMargin(sli.margin, sli.direction, baseline.treatedPost);
  const { panel, quality, preShortenedTo } = aligned;
  const own = splitChecks({ plan, sli, sample, found, margin });
  const fades = own.some((check) => check.id === "warm-up" && check.passed === false);
  return {
    ok: true,
    value: {
      aligned,
      estimator: found.model.adjustment === "cuped" ? "mean-difference-cuped" : "mean-difference",
      scale: "additive",
      effect,
      margin,
      paths: splitPaths(sample, baseline),
      baseline,
      checks: [...own, ...runDataChecks({ plan, sli, panel, quality, preShortenedTo, fit: null, effect, margin })],
      eventStudy: splitEventStudy(sample, plan),
      unitChanges: splitUnits(found),
      codes: [
        ...(fades ? (["WARM_UP"] as const) : []),
        ...(effect.method === "permutation" && plan.inference === "precision-weighted" ? (["FEW_UNITS"] as const) : []),
        ...(isRandomised(plan) ? [] : (["NO_HISTORY"] as const)),
      ],
      // a difference that fades says nothing about what a longer window would show
      timeToDecide: (target) => (fades ? null : splitTimeToDecide(sample, found, target)),
      facts: {
        history: hasHistory,
        plannedShare: plan.split?.treatedShare ?? null,
        ...(found.model.adjustment === "cuped" ? { theta: found.model.theta["mean before"] ?? null } : {}),
      },
    },
  };
}

/** Why `auto` takes this design: one side has no unit with a past, and both sides run side by side afterwards. */
function suits(question: DesignQuestion): string | null {
  const { plan, input } = question;
  const { deployedAt, preStart, settle, postEnd } = plan.window;
  const seen = groupUnits(plan, input.series).map(({ treated, series }) => ({
    treated,
    before: isSeen(series, preStart ?? Number.NEGATIVE_INFINITY, deployedAt),
    after: isSeen(series, deployedAt + settle, postEnd ?? Number.POSITIVE_INFINITY),
  }));
  const hasPast = (side: boolean): boolean => seen.some((one) => one.treated === side && one.before && one.after);
  const isNew = (side: boolean): boolean => !hasPast(side) && seen.some((one) => one.treated === side && one.after);
  const [treated, control] = [isNew(true), isNew(false)];
  if (!treated && !control) return null;
  if (!splitSample(question).ok) return null;
  const who = treated && control ? "treated and control units exist" : `${treated ? "treated" : "control"} units exist`;
  const others =
    treated && control ? "both ran at the same time" : `${treated ? "control" : "treated"} units ran at the same time`;
  return `${who} only after the deploy (pods replaced?), and ${others}`;
}

function isSeen(series: readonly Series[], from: number, to: number): boolean {
  return series.some(({ times, values }) =>
    times.some((time, i) => time >= from && time < to && Number.isFinite(values[i] as number)),
  );
}
