import type { Exclusion, SplitPlan } from "../core/plan.ts";
import type { ServiceConfig, SourceConfig, VersionQueryConfig, WindowsConfig } from "./config.ts";
import { DEFAULTS } from "./defaults.ts";
import { parseDuration } from "./duration.ts";
import type { Findings } from "./findings.ts";
import { isBranch } from "./merge.ts";
import type { ServiceInput } from "./schema.ts";
import { resolveSlis } from "./slis.ts";
import { chooseSource, resolveSources } from "./source.ts";
import { parseTime } from "./time.ts";
import { resolveUnits } from "./units.ts";

/** One service of the config, from settings whose parts the schema has accepted. */
export function resolveService(name: string | null, findings: Findings, requireMargins: boolean): ServiceConfig {
  const input = findings.root as ServiceInput;
  const sources = resolveSources(input, findings);
  const windows = resolveWindows(
    input.windows,
    findings,
    input.design === "its" ? DEFAULTS.preWithoutControls : DEFAULTS.pre,
  );
  return {
    name,
    paths: input.paths ?? [],
    sources,
    units: resolveUnits(input.units, findings, hasWaves(findings.root)),
    windows,
    exclusions: resolveExclusions(input.exclude, findings),
    versionQuery: resolveVersionQuery(input["version-query"], sources, findings),
    alpha: input.alpha ?? DEFAULTS.alpha,
    inference: input.inference ?? DEFAULTS.inference,
    scale: input.scale ?? DEFAULTS.scale,
    design: input.design ?? DEFAULTS.design,
    split: resolveSplit(input.split),
    looks: resolveLooks(input.looks, windows, findings),
    slis: resolveSlis(input.slis, { sources, slo: input.slo, findings, requireMargins }),
  };
}

/** `deployed-at` names the treated units itself. */
function hasWaves(root: Readonly<Record<string, unknown>>): boolean {
  return isBranch(root["deployed-at"]);
}

function resolveSplit(input: ServiceInput["split"]): SplitPlan | null {
  if (input === undefined) return null;
  return {
    treatedShare: input["treated-share"] ?? null,
    shareOf: input["share-of"] ?? "traffic",
    assignment: input.assignment ?? "unknown",
  };
}

function resolveWindows(input: ServiceInput["windows"], findings: Findings, pre: string): WindowsConfig {
  const usual = { ...DEFAULTS, pre };
  const seconds = (key: keyof WindowsConfig): number => parseDuration(input?.[key] ?? usual[key]) ?? 0;
  const windows = { pre: seconds("pre"), settle: seconds("settle"), post: seconds("post"), step: seconds("step") };
  for (const key of ["pre", "post"] as const) {
    if (windows[key] >= windows.step) continue;
    findings.add(["windows", key], `is shorter than one step`, `Make windows.${key} longer than windows.step.`);
  }
  return windows;
}

function resolveLooks(input: number | undefined, { post, step }: WindowsConfig, findings: Findings): number {
  const looks = input ?? DEFAULTS.looks;
  const most = Math.max(1, Math.floor(post / step));
  if (looks > most) {
    findings.add(
      ["looks"],
      `must be at most ${most} here, because each look needs a step of windows.post`,
      "Plan fewer looks, lengthen windows.post, or shorten windows.step.",
    );
  }
  return looks;
}

function resolveExclusions(input: ServiceInput["exclude"], findings: Findings): Exclusion[] {
  return (input ?? []).flatMap((entry, index) => {
    const path = ["exclude", index];
    if (entry.from === undefined)
      findings.missing([...path, "from"], "is missing", "Write when the time to leave out starts.");
    if (entry.to === undefined)
      findings.missing([...path, "to"], "is missing", "Write when the time to leave out ends.");
    if (entry.reason === undefined)
      findings.missing([...path, "reason"], "is missing", "Write why, so that the report can say it.");
    if (entry.from === undefined || entry.to === undefined) return [];
    const [from, to] = [parseTime(entry.from), parseTime(entry.to)];
    if (!from.ok || !to.ok) return [];
    if (from.value >= to.value) findings.add([...path, "to"], "is not after `from`", "Swap the two times.");
    return [{ from: from.value, to: to.value, reason: entry.reason ?? "" }];
  });
}

function resolveVersionQuery(
  input: ServiceInput["version-query"],
  sources: Readonly<Record<string, SourceConfig>>,
  findings: Findings,
): VersionQueryConfig | null {
  if (input === undefined) return null;
  const block = typeof input === "string" ? { query: input } : input;
  if (block.query === undefined) {
    findings.missing(
      ["version-query", "query"],
      "is missing",
      "Write the query that shows which version each unit runs.",
    );
  }
  const source = chooseSource(block.source, sources, ["version-query", "source"], findings);
  return { query: block.query ?? "", label: block.label ?? null, source };
}
