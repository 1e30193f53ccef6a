import { readFile } from "node:fs/promises";
import type { Trigger } from "../../app/trigger.ts";
import type { Config } from "../../config/config.ts";
import { requireTime, TIME_EXAMPLE } from "../../config/time.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { JsonValue } from "../../core/outcome.ts";

/** What flags say about a deployment that GitHub is not asked about. */
export interface DeploymentFlags {
  readonly deployedAt?: string;
  readonly environment?: string;
  readonly sha?: string;
  readonly payload?: string;
}

/** The trigger of a run with a config. The flag decides when the deploy happened, then the config. */
export async function triggerFromFlags(flags: DeploymentFlags, config: Config): Promise<Trigger> {
  const { deployedAt, deployedAtSource } = deployTime(flags.deployedAt, config.deployedAt);
  return {
    ...(await deploymentFromFlags(flags)),
    repository: null,
    deploymentId: null,
    deployedAt,
    deployedAtSource,
    url: null,
    pullRequests: [],
    otherDeployments: null,
    configChanged: null,
    changedPaths: null,
  };
}

export async function deploymentFromFlags(
  flags: DeploymentFlags,
): Promise<Pick<Trigger, "environment" | "sha" | "payload">> {
  return {
    environment: flags.environment ?? null,
    sha: shaFlag(flags.sha),
    payload: flags.payload === undefined ? null : await payloadFrom(flags.payload),
  };
}

function deployTime(
  flag: string | undefined,
  config: Config["deployedAt"],
): Pick<Trigger, "deployedAt" | "deployedAtSource"> {
  if (flag !== undefined) return { deployedAt: requireTime(flag, "--deployed-at"), deployedAtSource: "flag" };
  if (typeof config === "number") return { deployedAt: config, deployedAtSource: "config" };
  // Waves: the analysis refuses them by name and needs no more than their first instant.
  const waves = config === null ? [] : Object.values(config);
  if (waves.length > 0) return { deployedAt: Math.min(...waves), deployedAtSource: "config" };
  throw new DeployImpactError("USAGE", "Nothing says when the deploy happened.", {
    hint: `Give --deployed-at, for example --deployed-at ${TIME_EXAMPLE}, or write \`deployed-at\` into the config.`,
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
