import { createContext, Script } from "node:vm";
import { quote } from "../config/path.ts";
import { DeployImpactError } from "../core/errors.ts";

/** Time that one pattern may take over all values together, milliseconds. */
const BUDGET_MS = 5000;

/** Longer values are tested under the limit, whatever the pattern. */
const SHORT_VALUE = 500;

/**
 * Tests whether the whole value of a label fits a pattern, anchored like a matcher of Prometheus. A pattern is whatever
 * somebody wrote into a config, and some take time without end on a value that was made for them (`(a+)+b`): each value
 * is tested once, and all of them under one time limit, so that no config can stop the process it is judged in.
 */
export function labelPattern(pattern: string, budgetMs: number = BUDGET_MS): (value: string) => boolean {
  const compiled = new RegExp(`^(?:${pattern})$`, "u");
  const isQuick = takesFewSteps(pattern);
  const box = createContext({ pattern: compiled, value: "" });
  const test = new Script("pattern.test(value)");
  const known = new Map<string, boolean>();
  let left = budgetMs;
  return (value) => {
    if (isQuick && value.length <= SHORT_VALUE) return compiled.test(value);
    const before = known.get(value);
    if (before !== undefined) return before;
    const began = performance.now();
    box.value = value;
    const fits = run(test, box, { pattern, timeout: Math.ceil(left) });
    left = Math.max(1, left - (performance.now() - began));
    known.set(value, fits);
    return fits;
  };
}

/** With two repetitions of single characters at most, a test takes no more steps than the square of the length. */
function takesFewSteps(pattern: string): boolean {
  const bare = pattern
    .replaceAll(/\\./gsu, "x")
    .replaceAll(/\[[^\]]*\]/gu, "x")
    .replaceAll("(?:", "(");
  return !/\)[*+?{]/.test(bare) && (bare.match(/[*+?{]/g) ?? []).length <= 2;
}

function run(
  test: Script,
  box: ReturnType<typeof createContext>,
  { pattern, timeout }: { readonly pattern: string; readonly timeout: number },
): boolean {
  try {
    return test.runInContext(box, { timeout }) === true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    throw tooSlow(pattern, error);
  }
}

function tooSlow(pattern: string, cause: unknown): DeployImpactError {
  return new DeployImpactError("CONFIG_INVALID", `units: the pattern ${quote(pattern)} takes too long to test.`, {
    hint: "Write it without repetitions inside repetitions, such as (a+)+, or list the values.",
    cause,
  });
}
