import { DeployImpactError } from "../core/errors.ts";
import type { GithubApi } from "./api.ts";

/** Where the config lives unless the input `config` says otherwise. */
export const DEFAULT_CONFIG_PATH = ".github/deploy-impact.yml";

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
  /** `default branch@9f8e7d6`, for the footer of the report. */
  readonly reference: string;
}

/**
 * Reads the config from the default branch of the workflow's repository, never from a pull request: whoever can open
 * a pull request must not choose where the metrics credentials are sent. null: there is no such file.
 */
export async function readConfigFile(
  api: Pick<GithubApi, "getFile">,
  path: string,
  defaultBranch: string | null,
): Promise<ConfigFile | null> {
  try {
    const { text, blobSha } = await api.getFile(path);
    return { path, text, reference: `${defaultBranch ?? "default branch"}@${blobSha.slice(0, 7)}` };
  } catch (error) {
    if (error instanceof DeployImpactError && error.code === "GITHUB_NOT_FOUND") return null;
    throw error;
  }
}

/** null: the changed files are not known. */
export function configChanged(path: string, changedPaths: readonly string[] | null): boolean | null {
  return changedPaths === null ? null : changedPaths.includes(path.replace(/^\.?\//, ""));
}
