import type { ErrorCode } from "../core/errors.ts";
import type { ResultDocument, Verdict } from "../core/result.ts";

/** Conclusions of a check run that we use; `action_required` is avoided on purpose. */
export type Conclusion = "success" | "failure" | "neutral" | "skipped" | "cancelled";

export interface ConclusionPolicy {
  readonly mode: "enforcing" | "advisory";
  readonly failOn: "regression" | "error";
  readonly onInconclusive: "neutral" | "block";
  readonly onInvalid: "neutral" | "block";
}

/** Only `failure` blocks: branch protection accepts success, skipped and neutral. */
export function conclusionFor(document: Pick<ResultDocument, "verdict">, policy: ConclusionPolicy): Conclusion {
  const enforcing = policy.mode === "enforcing";
  const conclusions: Record<Verdict, Conclusion> = {
    "no-impact": "success",
    improvement: "success",
    regression: enforcing ? "failure" : "neutral",
    inconclusive: enforcing && policy.onInconclusive === "block" ? "failure" : "neutral",
    invalid: enforcing && policy.onInvalid === "block" ? "failure" : "neutral",
  };
  return conclusions[document.verdict];
}

/** A config that cannot be used is a finding about the repository; every other error is ours and never blocks unasked. */
const CONFIG_FINDINGS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["CONFIG_SYNTAX", "CONFIG_INVALID"]);

export function conclusionForError(
  error: { readonly code: ErrorCode },
  policy: Pick<ConclusionPolicy, "mode" | "failOn">,
): Conclusion {
  if (policy.mode === "advisory") return "neutral";
  if (CONFIG_FINDINGS.has(error.code)) return "failure";
  return policy.failOn === "error" ? "failure" : "neutral";
}
