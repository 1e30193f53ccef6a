import { DURATION_EXAMPLES, parseDuration } from "../config/duration.ts";
import { requireTime } from "../config/time.ts";
import { DeployImpactError } from "../core/errors.ts";
import { INPUTS, type InputName, RENAMED_INPUTS } from "../github/action-contract.ts";
import { WAIT_SECONDS } from "../github/limits.ts";
import type { JudgeInputs } from "./judge/desk.ts";

/** The inputs of the step, typed. null: not given. Spans are seconds, instants epoch seconds. */
export interface ActionInputs extends JudgeInputs {
  readonly token: string;
  readonly resultPath: string | null;
}

type ReadInput = (name: string) => string;

export function readInputs(read: ReadInput, renamed: Readonly<Record<string, string>> = RENAMED_INPUTS): ActionInputs {
  refuseRenamed(read, renamed);
  const text = (name: InputName): string | null => read(name).trim() || null;
  return {
    config: text("config") ?? INPUTS.config.default,
    token: requireToken(read),
    environment: text("environment"),
    deployedAt: optional(text("deployed-at"), (value) => requireTime(value, "The input `deployed-at`")),
    sha: optional(text("sha"), commitSha),
    pullRequest: optional(text("pull-request"), (value) => wholeNumber("pull-request", value, 1)),
    mode: optional(text("mode"), (value) => choice("mode", value, INPUTS.mode.choices)),
    failOn: optional(text("fail-on"), (value) => choice("fail-on", value, INPUTS["fail-on"].choices)),
    comment: optional(text("comment"), (value) => choice("comment", value, INPUTS.comment.choices)),
    checkName: text("check-name"),
    wait: optional(text("wait"), waitSeconds) ?? 0,
    seed: optional(text("seed"), (value) => wholeNumber("seed", value, 0)),
    dryRun: optional(text("dry-run"), (value) => truth("dry-run", value)) ?? false,
    resultPath: text("result-path"),
  };
}

function optional<T>(value: string | null, parse: (value: string) => T): T | null {
  return value === null ? null : parse(value);
}

function inputError(name: string, value: string, hint: string): DeployImpactError {
  const shown = value.length > 60 ? `${value.slice(0, 57)}...` : value;
  return new DeployImpactError("USAGE", `The input \`${name}\` cannot be "${shown}".`, { hint });
}

function refuseRenamed(read: ReadInput, renamed: Readonly<Record<string, string>>): void {
  for (const [old, current] of Object.entries(renamed)) {
    if (read(old) === "") continue;
    throw new DeployImpactError("USAGE", `The input \`${old}\` is now called \`${current}\`.`, {
      hint: `Rename it to \`${current}\` in the workflow; the value stays the same.`,
    });
  }
}

function requireToken(read: ReadInput): string {
  const token = read("github-token").trim();
  if (token !== "") return token;
  throw new DeployImpactError("USAGE", "The input `github-token` is empty.", {
    hint: "Leave it out to use the job's own token; an empty value often means that a secret has another name.",
  });
}

function choice<const T extends string>(name: InputName, value: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === value);
  if (found !== undefined) return found;
  throw inputError(name, value, `Allowed: ${choices.join(", ")}.`);
}

/** The words of YAML 1.2 and no others: `yes` and `on` mean true in one parser and text in the next. */
function truth(name: InputName, value: string): boolean {
  if (["true", "True", "TRUE"].includes(value)) return true;
  if (["false", "False", "FALSE"].includes(value)) return false;
  throw inputError(name, value, "Allowed: true, false.");
}

function wholeNumber(name: InputName, value: string, least: number): number {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least) return number;
  throw inputError(name, value, `Write a whole number, ${least} or more.`);
}

function commitSha(value: string): string {
  if (/^[0-9a-f]{40}([0-9a-f]{24})?$/i.test(value)) return value.toLowerCase();
  throw inputError("sha", value, "Write the full commit SHA (40 hexadecimal digits).");
}

function waitSeconds(value: string): number {
  const seconds = parseDuration(value);
  if (seconds !== null && seconds <= WAIT_SECONDS) return seconds;
  throw inputError(
    "wait",
    value,
    `Write a duration like ${DURATION_EXAMPLES}, at most 10m; later runs finish what takes longer.`,
  );
}
