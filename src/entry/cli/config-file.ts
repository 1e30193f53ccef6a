import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { DeployImpactError } from "../../core/errors.ts";

export const DEFAULT_CONFIG = ".github/deploy-impact.yml";

const EXAMPLE = `version: 1
source: { type: prometheus, url: https://prometheus.example.com }
units: { label: zone, treated: { match: { zone: eu-1 } } }
slis:
  - { id: latency, kind: gauge, query: avg by (zone) (latency_seconds), worse: up, margin: 5% }`;

export interface OpenedConfig {
  readonly config: Config;
  /** What relative paths in it are relative to. */
  readonly folder: string;
}

/** @param file as given with --config; undefined: the usual place. */
export async function openConfig(
  file: string | undefined,
  environment: string | null,
  requireMargins = true,
): Promise<OpenedConfig> {
  const name = file ?? DEFAULT_CONFIG;
  const text = await readConfig(name, file === undefined);
  return { config: loadConfig({ text, file: name, environment, requireMargins }), folder: folderOf(name) };
}

async function readConfig(file: string, isDefault: boolean): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw code === "ENOENT" || code === "ENOTDIR"
      ? missingConfig(file, isDefault, cause)
      : unreadableConfig(file, code, cause);
  }
}

function missingConfig(file: string, isDefault: boolean, cause: unknown): DeployImpactError {
  const message = isDefault
    ? `There is no config at ${file}, and neither --config nor --panel was given.`
    : `The config ${file} does not exist.`;
  return new DeployImpactError("CONFIG_MISSING", message, { hint: `Write one, for example:\n${EXAMPLE}`, cause });
}

function unreadableConfig(file: string, code: string | undefined, cause: unknown): DeployImpactError {
  return new DeployImpactError("FILE_UNREADABLE", `The config ${file} cannot be read (${code ?? "unknown cause"}).`, {
    hint: "Check the path and its permissions.",
    cause,
  });
}

/** Paths in a config start from its folder; in `.github/deploy-impact.yml` they start from the repository. */
function folderOf(file: string): string {
  const folder = path.dirname(path.resolve(file));
  return path.basename(folder) === ".github" ? path.dirname(folder) : folder;
}
