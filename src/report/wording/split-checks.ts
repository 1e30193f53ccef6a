import type { CheckId, CheckResult } from "../../core/result.ts";
import { numberFact, textFact } from "../facts.ts";
import { pValue, significant } from "../format.ts";
import { aside, type CheckTongue, type CheckWording } from "./check-wording.ts";

function sampleRatio({ facts, pValue: p }: CheckResult): string {
  const seen = numberFact(facts, "seen");
  const planned = numberFact(facts, "planned");
  const unitShare = numberFact(facts, "unitShare");
  const what = textFact(facts, "of") === "units" ? "units" : "traffic";
  const got = seen === null ? "an unknown share" : `${significant(seen * 100, 3)}%`;
  const against = planned === null ? "" : `, planned ${significant(planned * 100, 3)}%`;
  const units = unitShare === null || what === "units" ? "" : `${significant(unitShare * 100, 2)}% of the units`;
  return `Treated units got ${got} of the ${what}${against}${aside([
    units === "" ? null : units,
    p === null ? null : pValue(p),
  ])}`;
}

function balance(check: CheckResult, tongue: CheckTongue): string {
  const difference = numberFact(check.facts, "difference");
  const shown = difference === null ? null : tongue.effect(difference);
  return aside([shown, check.pValue === null ? null : pValue(check.pValue)]);
}

function warmUp({ facts, pValue: p }: CheckResult, tongue: CheckTongue): string {
  const early = numberFact(facts, "early");
  const late = numberFact(facts, "late");
  const first = early === null ? null : tongue.effect(early);
  const last = late === null ? null : tongue.effect(late);
  const shown = first === null || last === null ? "" : `: ${first} in its first third, ${last} in its last`;
  return `${shown}${aside([p === null ? null : pValue(p)])}`;
}

/** Checks of units that run side by side. */
export const SPLIT_CHECKS = {
  "sample-ratio": {
    question: "Did the treated units get the share that was planned for them?",
    passed: sampleRatio,
    failed: (check) => `${sampleRatio(check)}: not the planned split`,
    noted: (check) => `${sampleRatio(check)}; no planned share to compare with`,
  },
  balance: {
    question: "Were treated and control units alike before the deploy?",
    passed: (check, tongue) => `Alike before the deploy: yes${balance(check, tongue)}`,
    failed: (check, tongue) => `Alike before the deploy: no, they already differed${balance(check, tongue)}`,
    noted: (check, tongue) => `Alike before the deploy: not tested${balance(check, tongue)}`,
  },
  "warm-up": {
    question: "Does the difference stay while new units warm up?",
    passed: (check, tongue) => `The difference stays within the window${warmUp(check, tongue)}`,
    failed: (check, tongue) => `The difference fades within the window${warmUp(check, tongue)}`,
    noted: (check, tongue) => `The difference within the window${warmUp(check, tongue)}`,
  },
} satisfies Partial<Record<CheckId, CheckWording>>;
