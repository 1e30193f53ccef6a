import type { CheckId, CheckResult } from "../../core/result.ts";
import { type Facts, flagFact, numberFact, recordsFact, textFact, textsFact } from "../facts.ts";
import { bareP, count, duration, instant, listing, pValue, share, significant } from "../format.ts";
import { aside, type CheckTongue, type CheckWording, units } from "./check-wording.ts";
import { SPLIT_CHECKS } from "./split-checks.ts";
import { WAVE_CHECKS, waveNote } from "./wave-checks.ts";

function preTrends(check: CheckResult, tongue: CheckTongue, word: string): string {
  const { facts } = check;
  const detectable = numberFact(facts, "detectableDriftPerHour");
  const drift = numberFact(facts, "driftPerHour");
  const seen = detectable === null ? null : tongue.size(detectable);
  const measured = drift === null ? null : tongue.size(drift);
  const breakdown = numberFact(facts, "breakdown");
  return `Parallel before the deploy: ${word}${aside([
    check.pValue === null ? null : `joint ${pValue(check.pValue)}`,
    measured === null || check.passed === true ? null : `drift of ${measured} per hour`,
    seen === null ? null : `would have seen a drift of ${seen} per hour`,
    waveNote(facts),
  ])}${breakdown === null || check.passed === false ? "" : `; ${robustness(breakdown)}`}`;
}

/** `breakdown`: how large a drift would have to be to change the verdict, in units of the largest seen before the deploy. */
function robustness(breakdown: number): string {
  const times = significant(breakdown, 2);
  if (times === "1") return "the verdict survives a drift as large as the largest seen before, but no larger one";
  return breakdown < 1
    ? `the verdict would not survive a drift as large as the largest seen before, only one ${times} times as large`
    : `the verdict survives a drift ${times} times the largest seen before`;
}

/** What the mixture explains where it was not fitted. */
function preFit(check: CheckResult, tongue: CheckTongue, word: string): string {
  const explained = numberFact(check.facts, "explained");
  const error = numberFact(check.facts, "heldOutError");
  const missed = error === null ? null : tongue.size(error);
  return `A mix of control units followed the treated before the deploy: ${word}${aside([
    check.pValue === null ? null : `joint ${pValue(check.pValue)}`,
    explained === null ? null : explainedText(explained),
    missed === null ? null : `usually off by ${missed}`,
    carriedText(numberFact(check.facts, "carried")),
  ])}`;
}

/** Worth a word only where the change's own doubt does not cover it: from half a standard error on. */
function carriedText(carried: number | null): string | null {
  if (carried === null || Math.abs(carried) <= 0.5) return null;
  return `the drift that it leaves would by itself make a change of ${significant(Math.abs(carried), 2)} standard errors`;
}

function explainedText(explained: number): string {
  return explained <= 0
    ? "in stretches it was not fitted to it did no better than their own average"
    : `it predicted ${significant(explained * 100, 2)}% of their movement in stretches it was not fitted to`;
}

/** How many donors have weight, and who the heaviest are. */
function donors({ facts }: CheckResult, tongue: CheckTongue): string {
  const weighted = recordsFact(facts, "donors");
  const available = numberFact(facts, "available");
  const effective = numberFact(facts, "effective");
  const heaviest = weighted.slice(0, 3).flatMap((one) => {
    const name = textFact(one, "unit");
    const weight = numberFact(one, "weight");
    return name === null || weight === null ? [] : [`${tongue.unit(name)} ${share(weight)}`];
  });
  const of = available === null ? "" : ` of ${count(available, "control unit")}`;
  const worth = effective === null ? null : `worth ${significant(effective, 2)} equal ones`;
  return `Compared with a mix of ${weighted.length}${of}${aside([worth])}: ${listing(heaviest)}${
    weighted.length > heaviest.length ? ", ..." : ""
  }`;
}

function inTime(check: CheckResult): string {
  const { facts } = check;
  const placebos = numberFact(facts, "independent") ?? numberFact(facts, "placebos");
  const asLarge = numberFact(facts, "asLarge");
  const rate = numberFact(facts, "alarmRate");
  if (placebos === null || asLarge === null) return "Fake deploys before the real one: tried";
  return `${count(placebos, "fake deploy")} before the real one: ${asLarge} as large${aside([
    rate === null || check.passed !== false ? null : `${significant(rate * 100, 2)}% raised an alarm`,
  ])}`;
}

function inSpace(check: CheckResult): string {
  const { facts } = check;
  const tried = numberFact(facts, "units");
  const asLarge = numberFact(facts, "asLarge");
  const smallest = numberFact(facts, "smallestP");
  if (tried === null || asLarge === null) return "Each control treated in turn: tried";
  const p = check.pValue;
  const isSmallest = p !== null && smallest !== null && Math.abs(p - smallest) < 1e-9;
  return `Each control treated in turn: ${asLarge} of ${tried} as large${aside([
    p === null ? null : pValue(p),
    smallest === null
      ? null
      : isSmallest
        ? "the smallest possible here"
        : `the smallest possible here is ${bareP(smallest)}`,
  ])}`;
}

function leaveOneOut({ facts }: CheckResult, tongue: CheckTongue): string {
  const least = numberFact(facts, "min");
  const most = numberFact(facts, "max");
  const low = least === null ? null : tongue.effect(least);
  const high = most === null ? null : tongue.effect(most);
  const range = low === null || high === null ? "the effect stays" : `${low} to ${high}`;
  const what = textFact(facts, "left") ?? "unit";
  if (flagFact(facts, "flips") !== true) return `Without any one ${what}: ${range}`;
  const culprit = textFact(facts, carrierKey(least, most));
  return `Without any one ${what}: ${range}; one ${what} carries the result${aside([culprit === null ? null : tongue.unit(culprit)])}`;
}

/** The unit whose removal brings the effect closest to zero is the one that carries it. */
function carrierKey(least: number | null, most: number | null): "unitMin" | "unitMax" {
  return least !== null && most !== null && Math.abs(most) < Math.abs(least) ? "unitMax" : "unitMin";
}

function deployments(facts: Facts, key: string): string {
  const described = recordsFact(facts, key).map((deploy) => {
    const sha = textFact(deploy, "sha")?.slice(0, 7) ?? textFact(deploy, "id") ?? "unnamed";
    const at =
      textFact(deploy, "at") ?? (numberFact(deploy, "at") === null ? null : instant(numberFact(deploy, "at") ?? 0));
    return `${sha}${aside([textFact(deploy, "environment"), at])}`;
  });
  return listing(described, 3);
}

function overlap({ facts }: CheckResult): string {
  const before = deployments(facts, "inPre");
  return before === ""
    ? "No other deploy in the window"
    : `No other deploy since this one; earlier in the window: ${before}`;
}

function exposure({ facts }: CheckResult): string {
  const treated = numberFact(facts, "treatedShare");
  const control = numberFact(facts, "controlShare");
  return `the new version ran on ${treated === null ? "an unknown part" : share(treated)} of treated and ${
    control === null ? "an unknown part" : share(control)
  } of control`;
}

/** The two effects of a partial exposure, both by name; nothing when everybody assigned was exposed. */
function perExposed({ facts }: CheckResult, tongue: CheckTongue): string {
  const shown = (key: string): string | null => {
    const value = numberFact(facts, key);
    return value === null ? null : tongue.effect(value);
  };
  const each = shown("effectPerExposed");
  if (each === null) return "";
  const all = shown("itt");
  const [low, high] = [shown("perExposedLow"), shown("perExposedHigh")];
  const unbounded = "no finite interval: the units differ too much in how exposed they were";
  const none = textFact(facts, "perExposedMethod") === "fieller" ? unbounded : "no interval";
  const range = low === null || high === null ? none : `${low} to ${high}`;
  return `${all === null ? "" : `; intention to treat (all treated units, the effect of this report) ${all}`}; per exposed ${each} (${range})`;
}

/** What the data looked like, one phrase per finding. */
export function coverageFindings(facts: Facts, tongue: CheckTongue): readonly string[] {
  const missing = (key: string, where: string): string | null => {
    const value = numberFact(facts, key);
    if (value === null || value === 0) return null;
    return `${value <= 1 ? `${significant(value * 100, 2)}% of points` : count(value, "point")} missing ${where}`;
  };
  const amount = (key: string, noun: string, rest = ""): string | null => {
    const value = numberFact(facts, key);
    return value === null || value === 0 ? null : `${count(value, noun)}${rest}`;
  };
  const named = (key: string, what: string): string | null => {
    const list = units(facts, key, tongue);
    return list === "" ? null : `${what}: ${list}`;
  };
  return [
    missing("missingTreatedPost", "on treated units after the deploy"),
    missing("missingControlPost", "on control units after the deploy"),
    missing("missingPre", "before the deploy"),
    amount("lateSteps", "step", " at the end still empty"),
    amount("duplicates", "duplicated time stamp"),
    amount("conflicts", "row", " that another row of the same unit and time contradicts"),
    amount("resets", "counter reset"),
    amount("infinite", "infinite value"),
    flagFact(facts, "irregular") === true ? "irregular time stamps" : null,
    coarse(facts),
    named("deadUnits", "dead units"),
    named("frozenUnits", "frozen units"),
    dropped(facts, tongue),
  ].filter((finding): finding is string => finding !== null);
}

/** Units come by name, or as records with their reason. */
function dropped(facts: Facts, tongue: CheckTongue): string | null {
  const names = [
    ...textsFact(facts, "droppedUnits"),
    ...recordsFact(facts, "droppedUnits").flatMap((one) => textFact(one, "unit") ?? []),
  ];
  const total = Math.max(numberFact(facts, "dropped") ?? 0, names.length);
  if (total === 0) return null;
  const rest = total - names.length;
  return `left out: ${listing(names.map(tongue.unit))}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** A metric that is written less often than it is asked for. */
function coarse(facts: Facts): string | null {
  const spacing = numberFact(facts, "spacing");
  const step = numberFact(facts, "step");
  if (spacing === null || step === null || spacing <= 1.5 * step) return null;
  return `a point every ${duration(spacing)} where the step is ${duration(step)}`;
}

function coverage(check: CheckResult, tongue: CheckTongue, word: string): string {
  const findings = coverageFindings(check.facts, tongue);
  return findings.length === 0 ? `Data: ${word}` : `Data: ${word} (${findings.join("; ")})`;
}

function movedOutcomes({ facts }: CheckResult): string {
  return listing(textsFact(facts, "moved"));
}

function spilled({ facts }: CheckResult, tongue: CheckTongue): string {
  const worst = textFact(facts, "worstUnit");
  const z = numberFact(facts, "worstZ");
  if (worst === null) return "";
  return aside([`largest: ${tongue.unit(worst)}`, z === null ? null : `z = ${significant(z, 2)}`, waveNote(facts)]);
}

function usualDay({ facts, pValue: p }: CheckResult, tongue: CheckTongue): string {
  const reason = textFact(facts, "reason");
  if (reason !== null) return aside([reason]);
  const drift = numberFact(facts, "drift");
  const seconds = numberFact(facts, "spanSeconds");
  const shown = drift === null ? null : tongue.effect(drift);
  const moved = shown === null || seconds === null ? null : `${shown} over ${duration(seconds)}`;
  return aside([moved, p === null ? null : pValue(p)]);
}

function leaveOneDayOut({ facts }: CheckResult, tongue: CheckTongue): string {
  const reason = textFact(facts, "reason");
  if (reason !== null) return `Without each earlier day: not tried${aside([reason])}`;
  const [min, max] = [numberFact(facts, "min"), numberFact(facts, "max")];
  const low = min === null ? null : tongue.effect(min);
  const high = max === null ? null : tongue.effect(max);
  const range = low === null || high === null ? "the effect" : `${low} to ${high}`;
  const flips = textsFact(facts, "flipDays");
  return `Without each earlier day: ${range}, ${
    flips.length === 0 ? "the conclusion stays" : `the conclusion changes without ${listing(flips)}`
  }`;
}

export const CHECK_WORDING: Readonly<Record<CheckId, CheckWording>> = {
  "pre-trends": {
    question: "Did treated and control move in parallel before the deploy?",
    passed: (check, tongue) => preTrends(check, tongue, "yes"),
    failed: (check, tongue) => preTrends(check, tongue, "no, they were already drifting apart"),
    noted: (check, tongue) => preTrends(check, tongue, "not tested"),
  },
  "pre-fit": {
    question: "Did the mix of donors follow the treated units before the deploy?",
    passed: (check, tongue) => preFit(check, tongue, "yes"),
    failed: (check, tongue) => preFit(check, tongue, "no, not even the best mix"),
    noted: (check, tongue) => preFit(check, tongue, "not tested"),
  },
  "donor-concentration": {
    question: "Does the mix rest on more than one donor?",
    passed: donors,
    failed: (check, tongue) => `${donors(check, tongue)}; one donor stands for almost all`,
    noted: donors,
  },
  "placebo-in-time": {
    question: "Would fake deploys before the real one have shown as much?",
    passed: inTime,
    failed: (check) => `${inTime(check)}; fake deploys alarm too often, treat the interval as too narrow`,
    noted: inTime,
  },
  "placebo-in-space": {
    question: "Would a control unit have shown as much, had it been treated?",
    passed: inSpace,
    failed: inSpace,
    noted: inSpace,
  },
  "placebo-outcome": {
    question: "Did a metric stay still that the deploy cannot affect?",
    passed: ({ facts }) => {
      const slis = listing(textsFact(facts, "slis"));
      return `Metrics that cannot react stayed still${slis === "" ? "" : `: ${slis}`}`;
    },
    failed: (check) => {
      const moved = movedOutcomes(check);
      return `Metrics that cannot react moved${moved === "" ? "" : `: ${moved}`}`;
    },
    noted: () => "Metrics that cannot react: not decided",
  },
  "leave-one-out": {
    question: "Does one unit carry the result?",
    passed: leaveOneOut,
    failed: leaveOneOut,
    noted: leaveOneOut,
  },
  ...WAVE_CHECKS,
  spillover: {
    question: "Did the control units stay on their own course at the deploy?",
    passed: (check) =>
      `Controls stayed on their course at the deploy: yes${aside([check.pValue === null ? null : pValue(check.pValue)])}`,
    failed: (check, tongue) => {
      const moved = units(check.facts, "units", tongue);
      return `Controls stayed on their course at the deploy: no${moved === "" ? "" : `, these moved against the others: ${moved}`}${spilled(check, tongue)}`;
    },
    noted: (check, tongue) => `Controls stayed on their course at the deploy: not tested${spilled(check, tongue)}`,
  },
  ...SPLIT_CHECKS,
  "usual-day": {
    question: "Did the day go its usual way before the deploy?",
    passed: (check, tongue) =>
      `The hours before the deploy were like those of earlier days: yes${usualDay(check, tongue)}`,
    failed: (check, tongue) =>
      `The hours before the deploy were like those of earlier days: no${usualDay(check, tongue)}`,
    noted: (check, tongue) => `The hours before the deploy against earlier days: not tested${usualDay(check, tongue)}`,
  },
  "leave-one-day-out": {
    question: "Does one earlier day carry the result?",
    passed: leaveOneDayOut,
    failed: leaveOneDayOut,
    noted: leaveOneDayOut,
  },
  overlap: {
    question: "Did another deploy touch these units inside the window?",
    passed: overlap,
    failed: ({ facts }) => {
      const other = deployments(facts, "inPost");
      return `Another deploy in the same window${other === "" ? "" : `: ${other}`}`;
    },
    noted: overlap,
  },
  exposure: {
    question: "Do the treated units really run the new version, and the controls not?",
    passed: (check, tongue) => `Groups as planned: ${exposure(check)}${perExposed(check, tongue)}`,
    failed: (check, tongue) => {
      const below = units(check.facts, "unitsBelow", tongue);
      const above = units(check.facts, "unitsAbove", tongue);
      return `Groups not as planned: ${exposure(check)}${below === "" ? "" : `; treated without it: ${below}`}${
        above === "" ? "" : `; control with it: ${above}`
      }${perExposed(check, tongue)}`;
    },
    noted: (check, tongue) => `Version by group: ${exposure(check)}${perExposed(check, tongue)}`,
  },
  coverage: {
    question: "Are the data complete and alive?",
    passed: (check, tongue) => coverage(check, tongue, "complete enough"),
    failed: (check, tongue) => coverage(check, tongue, "too much is missing or broken"),
    noted: (check, tongue) => coverage(check, tongue, "not judged"),
  },
  "config-drift": {
    question: "Was the config left alone by the change that it judges?",
    passed: () => "The config was not changed by this deploy",
    failed: () => "The config was changed by the very change that it judges: read that change too",
    noted: () => "Nobody could tell whether this deploy changed the config",
  },
};
