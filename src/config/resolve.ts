import type { Config } from "./config.ts";
import { DEFAULTS } from "./defaults.ts";
import { Findings, type PlacedFinding } from "./findings.ts";
import { resolveGate } from "./gate.ts";
import { isBranch, merge } from "./merge.ts";
import type { Branch, Origins } from "./origins.ts";
import { at } from "./path.ts";
import { resolveAlerts, resolveRollback } from "./resolve-reactions.ts";
import type { OverridesInput } from "./schema.ts";
import { resolveService } from "./service.ts";
import { parseTime } from "./time.ts";

export interface Identity {
  readonly file: string;
  readonly hash: string;
  readonly environment: string | null;
  readonly requireMargins: boolean;
}

/** Settings of the file's top level with one environment's overrides laid over them. */
export function applyEnvironment(root: Branch, environment: string | null, origins: Origins): Branch {
  const environments = isBranch(root.environments) ? root.environments : {};
  const overrides = environment === null ? undefined : at(environments, environment);
  const merged = merge(root, isBranch(overrides) ? overrides : {}, origins, "slis-by-id");
  delete merged.environments;
  return merged;
}

/** The config that these settings describe; findings tell what is missing or contradicts itself. */
export function resolveConfig(
  settings: Branch,
  origins: Origins,
  identity: Identity,
): { readonly config: Config; readonly findings: readonly PlacedFinding[] } {
  // The schema has accepted every part that was merged here.
  const input = settings as OverridesInput;
  const trees = serviceTrees(settings, origins);
  const resolved = trees.map(({ name, tree }) => {
    const findings = new Findings(tree, origins);
    return { findings, service: resolveService(name, findings, identity.requireMargins) };
  });
  const own = new Findings(settings, origins);
  const config: Config = {
    file: identity.file,
    hash: identity.hash,
    environment: identity.environment,
    mode: input.mode ?? DEFAULTS.mode,
    comment: input.comment ?? DEFAULTS.comment,
    values: input.values ?? null,
    failOn: input["fail-on"] ?? DEFAULTS.failOn,
    onInconclusive: input["on-inconclusive"] ?? DEFAULTS.onInconclusive,
    onInvalid: input["on-invalid"] ?? DEFAULTS.onInvalid,
    seed: input.seed ?? DEFAULTS.seed,
    gate: resolveGate(input.gate),
    alerts: resolveAlerts(input.alerts),
    rollback: resolveRollback(input.rollback, own),
    deployedAt: deployedAt(input["deployed-at"]),
    services: resolved.map(({ service }) => service),
  };
  return { config, findings: [...own.list, ...resolved.flatMap(({ findings }) => findings.list)] };
}

/** Each service takes over what is stated outside, and changes it. */
function serviceTrees(settings: Branch, origins: Origins): { name: string | null; tree: Branch }[] {
  const services = isBranch(settings.services) ? Object.entries(settings.services) : [];
  const shared = merge(settings, {}, origins, "replace");
  delete shared.services;
  if (services.length === 0) return [{ name: null, tree: shared }];
  return services.map(([name, service]) => ({
    name,
    tree: merge(shared, isBranch(service) ? service : {}, origins, "replace"),
  }));
}

function deployedAt(input: OverridesInput["deployed-at"]): Config["deployedAt"] {
  if (input === undefined) return null;
  if (typeof input !== "object") return instant(input);
  return Object.fromEntries(Object.entries(input).map(([unit, time]) => [unit, instant(time)]));
}

function instant(input: string | number): number {
  const time = parseTime(input);
  return time.ok ? time.value : Number.NaN;
}
