import { readFile } from "node:fs/promises";
import type { DocumentHead } from "../../app/backtest/document.ts";
import { joinKnown, type KnownHistory, NOTHING_KNOWN } from "../../app/backtest/known.ts";
import { knownFromFile } from "../../app/backtest/known-sources.ts";
import type { HistorySpan } from "../../app/backtest/span.ts";
import type { Study } from "../../app/backtest/study.ts";
import type { Config } from "../../config/config.ts";
import { requireTime } from "../../config/time.ts";
import { DeployImpactError } from "../../core/errors.ts";
import { DIRECTIONS, type Kind } from "../../core/plan.ts";
import type { Ports } from "../../ports.ts";
import { VERSION } from "../../version.ts";
import { type CheckFlags, panelRequest, refuseFlags, sharedFlags } from "./check.ts";
import { DEFAULT_CONFIG, openConfig } from "./config-file.ts";
import { choiceFlag, marginFlag, positiveDurationFlag } from "./flags.ts";
import { deployedAtFlags, deploymentFromFlags } from "./trigger.ts";

/** Flags that `backtest` and `plan` share, as text. */
export interface HistoryFlags extends Omit<CheckFlags, "strict" | "mode" | "look"> {
  readonly from?: string;
  readonly to?: string;
  readonly history?: string;
  readonly times?: string;
  readonly service?: string;
  readonly exclude?: string;
  readonly repository?: string;
  readonly tokenEnv?: string;
  readonly format?: string;
  readonly out?: string;
}

export interface OpenedStudy {
  readonly study: Study;
  readonly head: DocumentHead;
}

/** Reads the history once, from the config's sources or from panels. */
export async function openStudy(flags: HistoryFlags, ports: Ports): Promise<OpenedStudy> {
  const span = spanFlags(flags);
  const known = knownReader(flags, ports);
  return flags.panel === undefined
    ? await configStudy(flags, span, known, ports)
    : await panelStudy(flags, flags.panel, span, known, ports);
}

type KnownReader = (span: { readonly from: number; readonly to: number }) => Promise<KnownHistory>;

async function configStudy(
  flags: HistoryFlags,
  span: HistorySpan,
  known: KnownReader,
  ports: Ports,
): Promise<OpenedStudy> {
  refuseFlags(
    flags,
    ["kind", "treated"],
    "describes a panel",
    "With a config, write `kind` and `units: treated` there.",
  );
  const [{ overrideConfig }, { studyConfig }] = await Promise.all([
    import("../../app/overrides.ts"),
    import("../../app/backtest/config-study.ts"),
  ]);
  const { margin } = flags;
  const { config, folder } = await openConfig(flags.config, flags.environment ?? null, margin === undefined);
  const changed: Config = overrideConfig(config, {
    ...sharedFlags(flags),
    direction: choiceFlag("--direction", flags.direction, DIRECTIONS),
    marginOf: margin === undefined ? undefined : (kind: Kind) => marginFlag(margin, kind),
  });
  const deployed = deployedAtFlags(flags.deployedAt);
  const study = await studyConfig(
    {
      config: changed,
      service: flags.service ?? null,
      span,
      deployment: { ...(await deploymentFromFlags(flags)), deployed },
      baseDir: folder,
      known,
    },
    ports,
  );
  const head = { file: flags.config ?? DEFAULT_CONFIG, hash: config.hash, environment: config.environment };
  return { study, head: { version: VERSION, config: head } };
}

async function panelStudy(
  flags: HistoryFlags,
  panels: readonly string[],
  span: HistorySpan,
  known: KnownReader,
  ports: Ports,
): Promise<OpenedStudy> {
  if (flags.config !== undefined) {
    throw new DeployImpactError("USAGE", "--config and --panel cannot be used together.", {
      hint: "Use --config for a config, or --panel for plain CSV files.",
    });
  }
  if (flags.service !== undefined) {
    throw new DeployImpactError("USAGE", "--service needs a config.", { hint: "Remove it; panels have no services." });
  }
  refuseFlags(flags, ["sha", "payload"], "needs a config", "Remove it; panels name their groups themselves.");
  const { studyPanels } = await import("../../app/backtest/panel-study.ts");
  const study = await studyPanels({ panel: panelRequest(flags, panels), span, known }, ports);
  return { study, head: { version: VERSION, config: null } };
}

function spanFlags(flags: HistoryFlags): HistorySpan {
  const time = (name: string, text: string | undefined) => (text === undefined ? null : requireTime(text, name));
  const from = time("--from", flags.from);
  const history = positiveDurationFlag("--history", flags.history) ?? null;
  if (from !== null && history !== null) {
    throw new DeployImpactError("USAGE", "--from and --history both say where the history starts.", {
      hint: "Give one of them.",
    });
  }
  return { from, to: time("--to", flags.to), history };
}

/** Whole number from 1 to a million. */
export function countFlag(name: string, text: string | undefined, least = 1): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= 1_000_000) return value;
  throw new DeployImpactError("USAGE", `${name}: "${text}" is not a whole number from ${least} to 1000000.`, {
    hint: `Write for example ${name} 200.`,
  });
}

/** Real deployments: of a file, and of GitHub where a repository and a token are there. */
function knownReader(flags: HistoryFlags, ports: Ports): KnownReader {
  const repository = flags.repository ?? ports.env.GITHUB_REPOSITORY;
  const token = tokenOf(flags, ports);
  if (flags.repository !== undefined && token === null) {
    throw new DeployImpactError("CREDENTIAL_MISSING", "--repository needs a token to read the deployments.", {
      hint: "Put one with the permission `deployments: read` into GITHUB_TOKEN, or name its variable with --token-env.",
    });
  }
  return async (span) => {
    const environment = flags.environment ?? null;
    const parts: KnownHistory[] = [];
    if (flags.exclude !== undefined) {
      parts.push(await knownFromFile(await excludeText(flags.exclude), flags.exclude, environment));
    }
    if (repository !== undefined && repository !== "" && token !== null) {
      const { readGithubHistory } = await import("./github-history.ts");
      ports.log.info(`reading the deployments of ${repository}`);
      parts.push(await readGithubHistory({ repository, token, environment, ...span }, ports));
    }
    return parts.length === 0 ? NOTHING_KNOWN : joinKnown(parts);
  };
}

/** Never a flag: other programs of the machine can read those. */
function tokenOf({ tokenEnv }: HistoryFlags, { env }: Ports): string | null {
  const named = tokenEnv === undefined ? (env.GITHUB_TOKEN ?? env.GH_TOKEN) : env[tokenEnv];
  if (tokenEnv !== undefined && (named === undefined || named === "")) {
    throw new DeployImpactError("CREDENTIAL_MISSING", `--token-env: the variable ${tokenEnv} is not set.`, {
      hint: "Set it to a token with the permission `deployments: read`.",
    });
  }
  return named === undefined || named === "" ? null : named;
}

async function excludeText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown): DeployImpactError {
  const code = (cause as NodeJS.ErrnoException).code ?? "unknown cause";
  return new DeployImpactError("FILE_UNREADABLE", `--exclude: ${file} cannot be read (${code}).`, {
    hint: "Give a JSON or CSV file with the times of real deployments.",
    cause,
  });
}
