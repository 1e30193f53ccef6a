import { readFile } from "node:fs/promises";
import type { Trigger } from "../../app/trigger.ts";
import type { Config } from "../../config/config.ts";
import { requireTime, TIME_EXAMPLE } from "../../config/time.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { JsonValue } from "../../core/outcome.ts";

/** What flags say about a deployment that GitHub is not asked about. */
export interface DeploymentFlags {
  readonly deployedAt?: readonly string[];
  readonly environment?: string;
  readonly sha?: string;
  readonly payload?: string;
}

/** The trigger of a run with a config. The flag decides when the deploy happened, then the config. */
export async function triggerFromFlags(flags: DeploymentFlags, config: Config): Promise<Trigger> {
  return {
    ...(await deploymentFromFlags(flags)),
    repository: null,
    deploymentId: null,
    ...deployTime(flags.deployedAt, config.deployedAt),
    url: null,
    pullRequests: [],
    otherDeployments: null,
    configChanged: null,
    changedPaths: null,
  };
}

export async function deploymentFromFlags(
  flags: Omit<DeploymentFlags, "deployedAt">,
): Promise<Pick<Trigger, "environment" | "sha" | "payload">> {
  return {
    environment: flags.environment ?? null,
    sha: shaFlag(flags.sha),
    payload: flags.payload === undefined ? null : await payloadFrom(flags.payload),
  };
}

type DeployTimes = Pick<Trigger, "deployedAt" | "waves" | "deployedAtSource">;

function deployTime(flags: readonly string[] | undefined, config: Config["deployedAt"]): DeployTimes {
  const given = deployedAtFlags(flags);
  if (given !== null) return { ...given, deployedAtSource: "flag" };
  if (typeof config === "number") return { deployedAt: config, deployedAtSource: "config" };
  if (config !== null && Object.keys(config).length > 0) return { ...wavesFrom(config), deployedAtSource: "config" };
  throw new DeployImpactError("USAGE", "Nothing says when the deploy happened.", {
    hint: `Give --deployed-at, for example --deployed-at ${TIME_EXAMPLE}, or write \`deployed-at\` into the config.`,
  });
}

/** When units were deployed: all at one instant, or each at its own. */
export interface DeployInstants {
  /** Epoch seconds; with waves the earliest. */
  readonly deployedAt: number;
  readonly waves?: Readonly<Record<string, number>>;
}

function wavesFrom(waves: Readonly<Record<string, number>>): DeployInstants {
  return { deployedAt: Math.min(...Object.values(waves)), waves };
}

/** `--deployed-at TIME` once, or `--deployed-at unit=TIME` once per unit; null: the flag was not given. */
export function deployedAtFlags(flags: readonly string[] | undefined): DeployInstants | null {
  const last = flags?.at(-1);
  if (flags === undefined || last === undefined) return null;
  // As with every flag that is given twice, the last one counts.
  if (!flags.some((flag) => flag.includes("="))) return { deployedAt: requireTime(last, "--deployed-at") };
  const waves: Record<string, number> = {};
  for (const flag of flags) {
    // A time holds no "=", a name may.
    const at = flag.lastIndexOf("=");
    const unit = flag.slice(0, at).trim();
    if (at < 0 || unit === "") throw badWaves(`"${flag}" names no unit`);
    if (Object.hasOwn(waves, unit)) throw badWaves(`the unit "${unit}" has two times`);
    waves[unit] = requireTime(flag.slice(at + 1), `--deployed-at ${unit}`);
  }
  return wavesFrom(waves);
}

function badWaves(problem: string): DeployImpactError {
  return new DeployImpactError("USAGE", `--deployed-at: ${problem}.`, {
    hint: `Give one time for all units (--deployed-at ${TIME_EXAMPLE}), or one per unit (--deployed-at eu-1=${TIME_EXAMPLE} --deployed-at eu-2=...).`,
  });
}

function shaFlag(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/^[0-9a-f]{7,64}$/i.test(text)) return text.toLowerCase();
  throw new DeployImpactError("USAGE", `--sha: "${text}" is not a commit.`, {
    hint: "Write 7 to 64 hexadecimal digits, for example the output of `git rev-parse HEAD`.",
  });
}

async function payloadFrom(file: string): Promise<JsonValue> {
  const text = await readPayload(file);
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw badPayload("FILE_MALFORMED", `${file} is not JSON`, cause);
  }
}

async function readPayload(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw badPayload("FILE_UNREADABLE", `${file} cannot be read`, cause);
  }
}

function badPayload(code: "FILE_MALFORMED" | "FILE_UNREADABLE", problem: string, cause: unknown): DeployImpactError {
  return new DeployImpactError(code, `--payload: ${problem}.`, {
    hint: "Give the payload of the deployment as a JSON file.",
    cause,
  });
}
