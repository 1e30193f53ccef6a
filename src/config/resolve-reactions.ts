import { DEFAULTS } from "./defaults.ts";
import type { Findings } from "./findings.ts";
import {
  type AlertConfig,
  isRollbackValue,
  type Limit,
  parseLimit,
  ROLLBACK_TEMPLATE,
  ROLLBACK_VALUES,
  ROLLBACK_WAYS,
  type RollbackConfig,
  type RollbackWay,
} from "./reactions.ts";
import type { AlertInput, RollbackInput } from "./schema-reactions.ts";

export function resolveAlerts(input: readonly AlertInput[] | undefined): AlertConfig[] {
  return (input ?? []).map(resolveAlert);
}

function resolveAlert(alert: AlertInput): AlertConfig {
  const every = {
    when: alert.when ?? DEFAULTS.alert.when,
    dryRun: alert["dry-run"] ?? DEFAULTS.alert.dryRun,
    atMost: limitOf(alert["at-most"] ?? DEFAULTS.alert.atMost),
  };
  switch (alert.to) {
    case "webhook":
      return {
        ...every,
        to: alert.to,
        urlEnv: alert["url-env"],
        secretEnv: alert["secret-env"] ?? null,
        tokenEnv: alert["token-env"] ?? null,
      };
    case "slack":
      return { ...every, to: alert.to, urlEnv: alert["url-env"] };
    case "pagerduty":
      return {
        ...every,
        to: alert.to,
        routingKeyEnv: alert["routing-key-env"],
        region: alert.region ?? DEFAULTS.alert.region,
      };
    case "github-issue":
      return { ...every, to: alert.to, labels: alert.labels ?? [] };
  }
}

/** null: none is configured. */
export function resolveRollback(input: RollbackInput | undefined, findings: Findings): RollbackConfig | null {
  if (input === undefined) return null;
  if (input.how === undefined) {
    findings.missing(["rollback", "how"], "is missing", `Write one of: ${ROLLBACK_WAYS.join(", ")}.`);
  }
  if (input.how === "workflow-dispatch" && input.workflow === undefined) {
    findings.missing(
      ["rollback", "workflow"],
      "is missing",
      "Name the file of the workflow that rolls back, for example `workflow: rollback.yml`.",
    );
  }
  refuseForeignKeys(input, findings);
  refuseUnknownTemplates(input, findings);
  return {
    how: input.how ?? "workflow-dispatch",
    workflow: input.workflow ?? null,
    ref: input.ref ?? null,
    eventType: input["event-type"] ?? DEFAULTS.rollback.eventType,
    inputs: Object.fromEntries(Object.entries(input.inputs ?? {}).map(([key, value]) => [key, String(value)])),
    when: input.when ?? DEFAULTS.rollback.when,
    dryRun: input["dry-run"] ?? DEFAULTS.rollback.dryRun,
    atMost: limitOf(input["at-most"] ?? DEFAULTS.rollback.atMost),
  };
}

/** Which keys mean something for which way. */
const BELONGS: Readonly<Record<"workflow" | "ref" | "event-type", RollbackWay>> = {
  workflow: "workflow-dispatch",
  ref: "workflow-dispatch",
  "event-type": "repository-dispatch",
};

function refuseForeignKeys(input: RollbackInput, findings: Findings): void {
  for (const [key, way] of Object.entries(BELONGS) as [keyof typeof BELONGS, RollbackWay][]) {
    if (input[key] === undefined || input.how === undefined || input.how === way) continue;
    findings.add(["rollback", key], `does not belong to ${input.how}`, `Remove it, or write \`how: ${way}\`.`, "key");
  }
}

function refuseUnknownTemplates(input: RollbackInput, findings: Findings): void {
  for (const [key, value] of Object.entries(input.inputs ?? {})) {
    for (const [whole, name] of String(value).matchAll(ROLLBACK_TEMPLATE)) {
      if (isRollbackValue(name ?? "")) continue;
      const known = ROLLBACK_VALUES.map((one) => `{{ ${one} }}`).join(", ");
      findings.add(["rollback", "inputs", key], `${whole} refers to something unknown`, `Known are ${known}.`);
    }
  }
}

function limitOf(text: string): Limit {
  return parseLimit(text) ?? { count: 0, per: 0 };
}
