import { type SliValidation, type Validation, validateConfig } from "../../app/validate.ts";
import { requireTime } from "../../config/time.ts";
import { openConfig } from "./config-file.ts";
import { choiceFlag } from "./flags.ts";
import { writeStdout } from "./output.ts";
import { commandLinePorts } from "./ports.ts";
import { type DeploymentFlags, deploymentFromFlags } from "./trigger.ts";
import { validationText } from "./validate-text.ts";

export interface ValidateFlags extends Omit<DeploymentFlags, "deployedAt"> {
  readonly deployedAt?: string;
  readonly config?: string;
  readonly format?: string;
}

/** `validate`: 0 when every query could be read; otherwise the exit code of the first that could not. */
export async function validate(flags: ValidateFlags): Promise<number> {
  const format = choiceFlag("--format", flags.format, ["text", "json"] as const) ?? "text";
  const until = flags.deployedAt === undefined ? null : requireTime(flags.deployedAt, "--deployed-at");
  const { config, folder } = await openConfig(flags.config, flags.environment ?? null, false);
  const deployment = await deploymentFromFlags(flags);
  const validation = await validateConfig(config, deployment, commandLinePorts(), { baseDir: folder, until });
  const exitCode = exitCodeOf(validation);
  process.exitCode = exitCode;
  await writeStdout([
    format === "json" ? `${JSON.stringify(plain(validation), null, 2)}\n` : validationText(validation),
  ]);
  return exitCode;
}

function exitCodeOf(validation: Validation): number {
  for (const part of [...validation.slis, ...validation.versionQueries]) if (!part.ok) return part.error.exitCode;
  return 0;
}

/** Errors as data. */
function plain(validation: Validation): unknown {
  const flat = <T extends { readonly ok: boolean }>(part: T): unknown => {
    if (!("error" in part)) return part;
    const { code, message, hint } = part.error as Extract<SliValidation, { ok: false }>["error"];
    return { ...part, error: { code, message, hint } };
  };
  return { ...validation, slis: validation.slis.map(flat), versionQueries: validation.versionQueries.map(flat) };
}
