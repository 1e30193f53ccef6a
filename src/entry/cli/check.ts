import type { PanelRequest } from "../../app/panels.ts";
import { DEFAULTS } from "../../config/defaults.ts";
import { DeployImpactError } from "../../core/errors.ts";
import { DESIGNS, DIRECTIONS, INFERENCES, KINDS, type Margin, MODES, SCALES } from "../../core/plan.ts";
import type { ResultDocument } from "../../core/result.ts";
import { VERSION } from "../../version.ts";
import { DEFAULT_CONFIG } from "./config-file.ts";
import {
  alphaFlag,
  choiceFlag,
  durationFlag,
  listFlag,
  lookFlag,
  marginFlag,
  positiveDurationFlag,
  seedFlag,
} from "./flags.ts";
import { destination, localContext, writeReport } from "./output.ts";
import { commandLinePorts } from "./ports.ts";
import { type DeploymentFlags, deployedAtFlags, triggerFromFlags } from "./trigger.ts";

/** Flags of `check` as text. */
export interface CheckFlags extends DeploymentFlags {
  readonly config?: string;
  readonly panel?: readonly string[];
  readonly direction?: string;
  readonly step?: string;
  readonly margin?: string;
  readonly kind?: string;
  readonly treated?: string;
  readonly pre?: string;
  readonly post?: string;
  readonly settle?: string;
  readonly alpha?: string;
  readonly inference?: string;
  readonly scale?: string;
  readonly design?: string;
  readonly seed?: string;
  readonly look?: string;
  readonly mode?: string;
  readonly strict?: boolean;
  readonly ledger?: string;
  readonly format?: string;
  readonly out?: string;
}

/** `check`: prints the report and returns the exit code. */
export async function check(flags: CheckFlags): Promise<number> {
  const to = destination(flags);
  const document = await (flags.panel === undefined ? checkConfig(flags) : checkPanels(flags, flags.panel));
  const exitCode = exitCodeOf(document, flags.strict ?? false);
  // Known before the first byte is written, so that a reader that stops early does not change it.
  process.exitCode = exitCode;
  const configRef = flags.panel === undefined ? (flags.config ?? DEFAULT_CONFIG) : null;
  await writeReport(document, localContext(document, configRef), to);
  if (flags.ledger !== undefined) await remember(document, flags.ledger);
  return exitCode;
}

/** After the report: a ledger that cannot be written must not swallow the verdict. */
async function remember(document: ResultDocument, file: string): Promise<void> {
  const { appendLedger, entriesOf } = await import("../../app/ledger/append.ts");
  await appendLedger(file, entriesOf(document));
}

/** 1: a regression in enforcing mode; 2: no answer, with --strict; 0: anything else. */
export function exitCodeOf(document: Pick<ResultDocument, "verdict" | "mode">, strict: boolean): number {
  if (document.verdict === "regression" && document.mode === "enforcing") return 1;
  const unanswered = document.verdict === "inconclusive" || document.verdict === "invalid";
  return strict && unanswered ? 2 : 0;
}

async function checkConfig(flags: CheckFlags): Promise<ResultDocument> {
  refuseFlags(
    flags,
    ["kind", "treated"],
    "describes a panel",
    "With a config, write `kind` and `units: treated` there.",
  );
  const look = lookFlag(flags.look);
  const [{ openConfig }, { overrideConfig }, { withLooks }, { runAnalysis }] = await Promise.all([
    import("./config-file.ts"),
    import("../../app/overrides.ts"),
    import("../../app/looks.ts"),
    import("../../app/run.ts"),
  ]);
  const { margin } = flags;
  const overrides = {
    ...sharedFlags(flags),
    direction: choiceFlag("--direction", flags.direction, DIRECTIONS),
    marginOf: margin === undefined ? undefined : (kind: (typeof KINDS)[number]) => marginFlag(margin, kind),
  };
  const { config, folder } = await openConfig(flags.config, flags.environment ?? null, margin === undefined);
  const overridden = overrideConfig(config, overrides);
  const changed = look === null ? overridden : withLooks(overridden, look.of);
  return await runAnalysis(changed, await triggerFromFlags(flags, changed), commandLinePorts(), {
    version: VERSION,
    baseDir: folder,
    ...(look === null ? {} : { look: look.number }),
  });
}

async function checkPanels(flags: CheckFlags, panels: readonly string[]): Promise<ResultDocument> {
  if (flags.config !== undefined) {
    throw usage(
      "--config and --panel cannot be used together.",
      "Use --config for a config, or --panel for plain CSV files.",
    );
  }
  refuseFlags(
    flags,
    ["environment", "sha", "payload"],
    "needs a config",
    "Remove it; panels name their groups themselves.",
  );
  const request = panelRequest(flags, panels);
  const { runPanels } = await import("../../app/panels.ts");
  return await runPanels(request, commandLinePorts(), { version: VERSION });
}

const NO_MARGIN: Margin = { type: "absolute", value: 0, text: "0" };

export function panelRequest(flags: CheckFlags, panels: readonly string[]): PanelRequest {
  const direction = choiceFlag("--direction", flags.direction, DIRECTIONS);
  const kind = choiceFlag("--kind", flags.kind, KINDS) ?? "gauge";
  if (direction === undefined) {
    throw usage(
      "--direction is missing.",
      "Say which way is worse: --direction up (latency, errors) or --direction down (throughput).",
    );
  }
  if (kind === "quantile") {
    throw usage(
      "--kind quantile needs histogram buckets, which a panel does not have.",
      "Use --kind gauge for ready-made quantiles, or a config with `buckets`.",
    );
  }
  const shared = sharedFlags(flags);
  const look = lookFlag(flags.look);
  return {
    panels,
    deployed: deployedAtFlags(flags.deployedAt),
    direction,
    kind,
    margin: flags.margin === undefined ? NO_MARGIN : marginFlag(flags.margin, kind),
    step: shared.step ?? null,
    pre: shared.pre ?? null,
    settle: shared.settle ?? 0,
    post: shared.post ?? null,
    treated: listFlag("--treated", flags.treated),
    alpha: shared.alpha ?? DEFAULTS.alpha,
    inference: shared.inference ?? DEFAULTS.inference,
    scale: shared.scale ?? DEFAULTS.scale,
    design: shared.design ?? DEFAULTS.design,
    seed: shared.seed ?? DEFAULTS.seed,
    mode: shared.mode ?? DEFAULTS.mode,
    ...(look === null ? {} : { look }),
  };
}

export function sharedFlags(flags: CheckFlags) {
  return {
    pre: positiveDurationFlag("--pre", flags.pre),
    settle: durationFlag("--settle", flags.settle),
    post: positiveDurationFlag("--post", flags.post),
    step: positiveDurationFlag("--step", flags.step),
    alpha: alphaFlag(flags.alpha),
    inference: choiceFlag("--inference", flags.inference, INFERENCES),
    scale: choiceFlag("--scale", flags.scale, ["auto", ...SCALES] as const),
    design: choiceFlag("--design", flags.design, ["auto", ...DESIGNS] as const),
    seed: seedFlag(flags.seed),
    mode: choiceFlag("--mode", flags.mode, MODES),
  };
}

export function refuseFlags(flags: CheckFlags, names: readonly (keyof CheckFlags)[], why: string, hint: string): void {
  const given = names.find((name) => flags[name] !== undefined);
  if (given !== undefined) throw usage(`--${given} ${why}.`, hint);
}

function usage(message: string, hint: string): DeployImpactError {
  return new DeployImpactError("USAGE", message, { hint });
}
