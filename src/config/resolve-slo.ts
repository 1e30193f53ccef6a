import type { Kind, SloPlan } from "../core/plan.ts";
import { DEFAULTS } from "./defaults.ts";
import { parseDuration } from "./duration.ts";
import type { Findings } from "./findings.ts";
import type { SloInput } from "./schema-reactions.ts";
import { parseTarget } from "./slo.ts";

interface SloPlace {
  readonly kind: Kind | undefined;
  readonly path: readonly PropertyKey[];
  readonly findings: Findings;
}

/**
 * The promise that an SLI is held to: its own, laid over that of its service. null: there is none, or the SLI is not a
 * ratio, so that what the service states does not apply to it.
 */
export function resolveSlo(own: SloInput | undefined, service: SloInput | undefined, place: SloPlace): SloPlan | null {
  const { kind, path, findings } = place;
  if (kind !== "ratio") {
    if (own !== undefined && kind !== undefined) {
      const message = `does not belong to kind ${kind}: a target is a share of good events`;
      findings.add(path, message, "Write it at an SLI of kind ratio, or at the service.", "key");
    }
    return null;
  }
  if (own === undefined && service === undefined) return null;
  const { target, window } = { ...service, ...own };
  if (target === undefined) {
    const hint = "Write the promised share of good events, for example `target: 99.9%`.";
    findings.missing([...(own === undefined ? ["slo"] : path), "target"], "is missing", hint);
  }
  const share = target === undefined ? null : parseTarget(target);
  return share === null ? null : { target: share, window: parseDuration(window ?? DEFAULTS.sloWindow) ?? 0 };
}
