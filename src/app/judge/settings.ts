import type { Config } from "../../config/config.ts";
import { isBranch } from "../../config/merge.ts";
import { parseConfigText } from "../../config/syntax.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { ConfigFile } from "../../github/config-file.ts";
import type { ConclusionPolicy } from "../../report/conclusion.ts";
import { SOURCES } from "../../sources/index.ts";
import type { Analyst, Desk, JudgeInputs } from "./desk.ts";
import type { Session } from "./session.ts";

/** The config of one environment with the step's inputs laid over it. */
export interface Settings {
  readonly config: Config;
  readonly file: ConfigFile;
  readonly policy: ConclusionPolicy;
}

/** What holds before, or without, a config. */
export function policyWithoutConfig(inputs: Pick<JudgeInputs, "mode" | "failOn"> | null): ConclusionPolicy {
  return {
    mode: inputs?.mode ?? "enforcing",
    failOn: inputs?.failOn ?? "regression",
    onInconclusive: "neutral",
    onInvalid: "neutral",
  };
}

export function loadSettings(
  file: ConfigFile,
  environment: string,
  {
    analyst,
    inputs,
  }: {
    readonly analyst: Pick<Analyst, "loadConfig">;
    readonly inputs: Pick<JudgeInputs, "mode" | "failOn" | "comment" | "seed">;
  },
): Settings {
  const loaded = analyst.loadConfig({ text: file.text, file: file.path, environment });
  const config: Config = {
    ...loaded,
    mode: inputs.mode ?? loaded.mode,
    failOn: inputs.failOn ?? loaded.failOn,
    comment: inputs.comment ?? loaded.comment,
    seed: inputs.seed ?? loaded.seed,
  };
  const { mode, failOn, onInconclusive, onInvalid } = config;
  return { config, file, policy: { mode, failOn, onInconclusive, onInvalid } };
}

export function missingConfigError({
  inputs: { config: path },
  desk,
}: Pick<Session, "inputs" | "desk">): DeployImpactError {
  return new DeployImpactError("CONFIG_MISSING", `There is no \`${path}\` on the default branch.`, {
    hint: `Commit one there${desk.words.otherConfigPath}.`,
    position: { file: path },
  });
}

/** True when the config has a block for this environment. */
export function namesEnvironment(file: ConfigFile, environment: string): boolean {
  const { environments } = parseConfigText(file.text, file.path).root;
  return isBranch(environments) && Object.hasOwn(environments, environment);
}

/** Every credential that the config names is masked before anything is printed. */
export function maskCredentials(config: Config, { ports: { env }, desk }: Pick<Session, "ports" | "desk">): void {
  for (const { sources } of config.services) {
    for (const source of Object.values(sources)) {
      const names = SOURCES[source.type]?.open(source.options, desk.baseDir).credentials ?? [];
      for (const name of names) maskValue(env[name], desk.mask);
    }
  }
}

/** A basic credential is `user:password`; each half is masked, too. The runner ignores nothing shorter, so neither do we. */
function maskValue(value: string | undefined, mask: Desk["mask"]): void {
  if (value === undefined || value.trim() === "") return;
  mask(value);
  const encoded = Buffer.from(value, "utf8").toString("base64");
  mask(encoded);
  const colon = value.indexOf(":");
  if (colon >= 0 && value.length > colon + 1) mask(value.slice(colon + 1));
}
