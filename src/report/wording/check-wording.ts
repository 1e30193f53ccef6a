import type { CheckResult } from "../../core/result.ts";
import { type Facts, textsFact } from "../facts.ts";
import { listing } from "../format.ts";

/** What a check's sentence needs besides its own facts. */
export interface CheckTongue {
  /** An effect in raw units, in the unit of the report: `+10.9%`; null when it may not or cannot be shown. */
  readonly effect: (raw: number) => string | null;
  /** A size without a sign: `2%`. */
  readonly size: (raw: number) => string | null;
  /** The name under which a unit may be shown. */
  readonly unit: (name: string) => string;
}

export interface CheckWording {
  readonly question: string;
  readonly passed: (check: CheckResult, tongue: CheckTongue) => string;
  readonly failed: (check: CheckResult, tongue: CheckTongue) => string;
  /** passed: null with numbers; a check that could not run prints `facts.reason`. */
  readonly noted: (check: CheckResult, tongue: CheckTongue) => string;
}

/** ` (a, b)`, or nothing. */
export function aside(parts: readonly (string | null)[]): string {
  const known = parts.filter((part): part is string => part !== null);
  return known.length === 0 ? "" : ` (${known.join(", ")})`;
}

export function units(facts: Facts, key: string, tongue: CheckTongue): string {
  return listing(textsFact(facts, key).map(tongue.unit));
}
