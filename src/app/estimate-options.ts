import { DeployImpactError } from "../core/errors.ts";
import type { EstimateInput, EstimateOptions, EstimatorSetting, TidyEstimator } from "../core/estimators/contract.ts";
import { TIDY_ESTIMATORS } from "../core/estimators/index.ts";
import { nearestName } from "../sources/nearest.ts";

/** What was asked of an estimator; null or absent: its default. */
export interface EstimateChoice {
  readonly vcov?: string | null;
  readonly ref?: number | null;
  readonly control?: EstimateOptions["control"] | null;
  readonly alpha?: number | null;
  readonly seed?: number | null;
  readonly settings?: Readonly<Record<string, string>>;
}

const DEFAULTS = { ref: -1, control: "never", alpha: 0.05, seed: 1 } as const;

/** The estimator of that name; throws USAGE with the nearest name and the list. */
export function findEstimator(name: string): TidyEstimator {
  const found = TIDY_ESTIMATORS.find(({ id }) => id === name);
  if (found !== undefined) return found;
  const ids = TIDY_ESTIMATORS.map(({ id }) => id);
  throw unknownName(`There is no estimator "${name}"`, name, ids);
}

/** Options for the estimator with its defaults; throws USAGE for a name or text that it does not know. */
export function estimateOptions(estimator: TidyEstimator, choice: EstimateChoice): EstimateOptions {
  const { vcov = null, settings = {} } = choice;
  if (vcov !== null && !estimator.vcovs.includes(vcov)) {
    throw unknownName(`The estimator ${estimator.id} has no vcov "${vcov}"`, vcov, estimator.vcovs);
  }
  refuseUnused(estimator, choice);
  for (const [name, text] of Object.entries(settings)) checkSetting(estimator, name, text);
  const given = { ref: choice.ref, control: choice.control, alpha: choice.alpha, seed: choice.seed };
  return {
    // null: the estimator's own default, which may depend on the table
    vcov,
    ref: given.ref ?? DEFAULTS.ref,
    control: given.control ?? DEFAULTS.control,
    alpha: given.alpha ?? DEFAULTS.alpha,
    seed: given.seed ?? DEFAULTS.seed,
    settings: {
      ...Object.fromEntries(estimator.settings.map((setting) => [setting.name, setting.default])),
      ...settings,
    },
  };
}

function refuseUnused(estimator: TidyEstimator, choice: EstimateChoice): void {
  for (const input of ["ref", "control", "seed"] as const) {
    if (choice[input] !== undefined && choice[input] !== null) requireUse(estimator, input);
  }
}

/** Throws USAGE when the estimator says that it does not take this input. */
export function requireUse(estimator: TidyEstimator, input: EstimateInput): void {
  if (estimator.uses === undefined || estimator.uses.includes(input)) return;
  const others = TIDY_ESTIMATORS.filter(({ uses }) => uses?.includes(input)).map(({ id }) => id);
  throw usage(
    `The estimator ${estimator.id} does not use --${input}.`,
    others.length === 0 ? `Leave --${input} out.` : `Leave it out; estimators that use it: ${others.join(", ")}.`,
  );
}

function checkSetting(estimator: TidyEstimator, name: string, text: string): void {
  const setting = estimator.settings.find((one) => one.name === name);
  if (setting === undefined) {
    const names = estimator.settings.map((one) => one.name);
    throw unknownName(`The estimator ${estimator.id} has no setting "${name}"`, name, names);
  }
  const problem = settingProblem(setting, text);
  if (problem !== null) throw usage(`--set ${name}: "${text}" ${problem}.`, `${name}: ${setting.description}.`);
}

/** null: the text is fine. */
function settingProblem({ accepts }: EstimatorSetting, text: string): string | null {
  if (accepts === undefined) return null;
  if (accepts.type === "choice") {
    return accepts.values.includes(text) ? null : `is not one of ${accepts.values.join(", ")}`;
  }
  if (accepts.also?.includes(text)) return null;
  const words = accepts.also === undefined ? "" : ` or ${accepts.also.join(", ")}`;
  if (accepts.type !== "number") {
    return columnNames(text).every((name) => name !== "") ? null : `holds an empty name${words}`;
  }
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) return `is not a number${words}`;
  if (accepts.integer === true && !Number.isInteger(value)) return `is not a whole number${words}`;
  if (value < (accepts.min ?? Number.NEGATIVE_INFINITY)) return `is below ${accepts.min}`;
  return value > (accepts.max ?? Number.POSITIVE_INFINITY) ? `is above ${accepts.max}` : null;
}

/** Names of a column setting: `a,b^c` names a, b and c. */
export function columnNames(text: string): string[] {
  return text.split(/[,^]/).map((name) => name.trim());
}

function unknownName(what: string, name: string, names: readonly string[]): DeployImpactError {
  const meant = nearestName(name, names);
  const list = names.length === 0 ? "It has none." : `There are: ${names.join(", ")}.`;
  return usage(`${what}${meant === null ? "." : `; did you mean "${meant}"?`}`, list);
}

function usage(message: string, hint: string): DeployImpactError {
  return new DeployImpactError("USAGE", message, { hint });
}
