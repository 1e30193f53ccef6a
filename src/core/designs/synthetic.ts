import { SHARED_BUDGET } from "../checks/battery.ts";
import { type DidFit, fitDid } from "../estimators/did.ts";
import { FEWEST_DONORS, fitDonors } from "../estimators/donors/donors.ts";
import { refuse } from "../outcome.ts";
import { alignClusters } from "../panel/collapse.ts";
import type { Scale } from "../plan.ts";
import type { DesignAnswer, DesignOutcome, DesignQuestion, DesignRoute } from "./design.ts";
import { did } from "./did.ts";
import { describeDonors } from "./synthetic/describe.ts";

/**
 * A weighted mix of control units that followed the treated ones before the deploy stands in for them after it:
 * docs/designs/synthetic.md. Taken by `auto` when plain difference-in-differences fails its pre-trends check.
 */
export const synthetic: DesignRoute = {
  id: "synthetic",
  checks: ["pre-fit", "donor-concentration", "placebo-in-time", "placebo-in-space", "leave-one-out", "spillover"],
  run,
  // before a deploy nobody knows whether its units will be followed by the average of the controls
  past: did.past,
  replaces,
};

function run(question: DesignQuestion): DesignOutcome {
  const { plan, sli, input } = question;
  if (plan.inference !== "precision-weighted") {
    const refused = refuse(
      "NOT_ESTIMABLE",
      `The inference ${plan.inference} belongs to the design did; a mix of donors brings its own.`,
      "Leave `inference` out, or use `design: did`.",
      { inference: plan.inference },
    );
    return { ...refused, aligned: null };
  }
  const aligned = alignClusters(plan, sli, input);
  if (!aligned.ok) return { ...aligned, aligned: null };
  const { panel } = aligned.value;
  // Which units can be compared and on which scale is decided as for `did`.
  const plain = fitDid(panel, { scale: plan.scale });
  if (!plain.ok) return { ...plain, aligned: aligned.value };
  const { window, treated, control, path } = plain.value;
  const scale = scaleFor(plain.value);
  const fitted = fitDonors({ panel, window, treated, control, levels: path.levels, scale });
  if (!fitted.ok) return { ...fitted, aligned: aligned.value };
  return { ok: true, value: describeDonors(question, aligned.value, fitted.value) };
}

/** Fractions of a level need treated units with a positive one. */
function scaleFor({ scale, treated, path }: DidFit): Scale {
  const level = treated.reduce((sum, unit) => sum + (path.levels[unit] as number), 0);
  return scale === "multiplicative" && level > 0 ? "multiplicative" : "additive";
}

/**
 * Only by the pre-trends p-value itself, which knows nothing of what came after the deploy: at half of the budget that it
 * shares with spillover, so that the other check cannot bring it about.
 */
function replaces({ plan }: DesignQuestion, plain: DesignAnswer): string | null {
  const trends = plain.checks.find((check) => check.id === "pre-trends");
  const p = trends?.pValue ?? null;
  const donors = plain.unitChanges.filter((one) => one.group === "control").length;
  if (plan.inference !== "precision-weighted" || p === null || p > SHARED_BUDGET / 2 || donors < FEWEST_DONORS) {
    return null;
  }
  const shown = p < 0.0001 ? "< 0.0001" : `= ${Number(p.toPrecision(2))}`;
  return `the controls' average did not follow the treated units before the deploy (p ${shown}); ${donors} donors available`;
}
