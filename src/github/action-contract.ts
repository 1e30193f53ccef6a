import { DEFAULT_CONFIG_PATH } from "./config-file.ts";

/**
 * The Action's inputs and outputs: the one list. action.yml repeats it for the runner; a test compares the two.
 */
export interface InputSpec {
  readonly description: string;
  readonly type: "text" | "boolean" | "duration" | "integer" | "list" | "choice" | "time";
  readonly choices?: readonly string[];
  /** As action.yml writes it; absent: empty. */
  readonly default?: string;
}

export const INPUTS = {
  config: {
    description: "Path of the config on the default branch.",
    type: "text",
    default: DEFAULT_CONFIG_PATH,
  },
  "github-token": {
    description: "Token for the GitHub API; the job's own token is enough.",
    type: "text",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub's, not of ours
    default: "${{ github.token }}",
  },
  environment: {
    description:
      "Environment to judge. With deployment_status: judge only this one. For events that name none, the default is production.",
    type: "text",
  },
  "deployed-at": {
    description: "When the deploy happened: ISO 8601 with a zone, or seconds since 1970. Overrides what GitHub knows.",
    type: "time",
  },
  sha: { description: "Deployed commit, when the event does not name it.", type: "text" },
  "pull-request": {
    description: "Number of the pull request, when it cannot be found from the commit.",
    type: "integer",
  },
  mode: {
    description: "Overrides the config: enforcing fails the check on a regression, advisory never does.",
    type: "choice",
    choices: ["enforcing", "advisory"],
  },
  "fail-on": {
    description: "Overrides the config: regression, or error to fail on operational errors too.",
    type: "choice",
    choices: ["regression", "error"],
  },
  comment: {
    description: "Overrides the config: when to comment on the pull request.",
    type: "choice",
    choices: ["on-change", "always", "never"],
  },
  "check-name": { description: "Name of the check run; the default is Deploy impact / <environment>.", type: "text" },
  wait: {
    description:
      "Longest time to wait inside this run for the post window to close (0 to 10m). A later run finishes the rest.",
    type: "duration",
    default: "0",
  },
  seed: { description: "Overrides the config: seed of the random parts of the analysis.", type: "integer" },
  "dry-run": {
    description: "Analyse and report in the job summary and the outputs, but write no check and no comment.",
    type: "boolean",
    default: "false",
  },
  "result-path": {
    description: "Where to write result.json; the default is a file in the runner's temporary folder.",
    type: "text",
  },
} as const satisfies Record<string, InputSpec>;

export type InputName = keyof typeof INPUTS;

/** Inputs that had another name once: old name -> new name. Using one is an error that names the new one. */
export const RENAMED_INPUTS: Readonly<Record<string, InputName>> = {};

export const OUTPUTS = {
  verdict: "regression, improvement, no-impact, inconclusive, invalid; or pending, not-applicable, error",
  "reason-code": "First reason code of the verdict, or the code of the error; empty when there is none.",
  conclusion: "Conclusion of the check: success, failure, neutral, skipped, cancelled; empty while it is pending.",
  effect: "Change of the metric that made the verdict, signed, as printed: +12.4%.",
  "effect-low": "Lower end of its interval.",
  "effect-high": "Upper end of its interval.",
  metric: "The metric that made the verdict.",
  "pull-request": "Numbers of the pull requests in this deploy, separated by commas.",
  "check-run-id": "Id of the check run.",
  "comment-id": "Id of the comment.",
  "ready-at": "When a pending analysis can be finished, ISO 8601.",
  "result-path": "Path of result.json.",
  result: "result.json without the series, shortened to at most 64 KiB.",
} as const;

export type OutputName = keyof typeof OUTPUTS;
