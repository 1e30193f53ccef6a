import type { GateConfig } from "./config.ts";
import { DEFAULTS } from "./defaults.ts";
import { parseDuration } from "./duration.ts";
import type { OverridesInput } from "./schema.ts";

/** null: the environment has no gate. */
export function resolveGate(input: OverridesInput["gate"]): GateConfig | null {
  if (input === undefined) return null;
  const seconds = (value: string | number): number => parseDuration(value) ?? Number.NaN;
  return {
    watches: input.watches,
    onInconclusive: input["on-inconclusive"] ?? DEFAULTS.gate.onInconclusive,
    onInvalid: input["on-invalid"] ?? DEFAULTS.gate.onInvalid,
    onError: input["on-error"] ?? DEFAULTS.gate.onError,
    after: seconds(input.after ?? DEFAULTS.gate.after),
    maxWait: seconds(input["max-wait"] ?? DEFAULTS.gate.maxWait),
  };
}
