import { Command, CommanderError } from "commander";
import { VERSION } from "../version.ts";
import type { BacktestFlags } from "./cli/backtest.ts";
import type { CheckFlags } from "./cli/check.ts";
import type { EstimateFlags } from "./cli/estimate.ts";
import type { LedgerMarkFlags } from "./cli/ledger.ts";
import type { PlanFlags } from "./cli/plan.ts";
import type { ReplayFlags } from "./cli/replay.ts";
import type { ReportFlags } from "./cli/report.ts";
import type { ValidateFlags } from "./cli/validate.ts";

/** Exit code of a command line that cannot be understood (EX_USAGE of sysexits.h). */
const USAGE = 64;

const EXAMPLE = "examples/failed-deployment/deploy-impact.yml";

/** What the command asked the process to end with. */
let exitCode = 0;

function buildProgram(): Command {
  const program = new Command("deploy-impact")
    .description("Did the deploy hurt? Compares the units that got a deploy with those that did not.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageText(text)) });
  program.addHelpText("after", example(`deploy-impact check --config ${EXAMPLE}`));
  addCheck(program);
  addValidate(program);
  addPlan(program);
  addBacktest(program);
  addReport(program);
  addLedger(program);
  addReplay(program);
  addEstimate(program);
  return program;
}

function addCheck(program: Command): void {
  program
    .command("check")
    .description("judge one deploy: read the series, estimate the effect, print the verdict")
    .option("--config <file>", "config (default .github/deploy-impact.yml)")
    .option(
      "--panel <file>",
      "CSV or Parquet with time,unit,group,value[,weight][,subgroup]; repeatable; - is standard input",
      collect,
    )
    .option(
      "--deployed-at <time>",
      "when the deploy happened: ISO 8601 with a zone, or epoch seconds; unit=time, once per unit, for waves",
      collect,
    )
    .option("--direction <way>", "which way is worse: up or down")
    .option("--step <duration>", "distance between points, e.g. 60 or 5m (panels: the most common distance)")
    .option("--margin <margin>", "largest tolerated harm: 5%, 0.1pp or a number in raw units (panels: 0)")
    .option("--kind <kind>", "panels: gauge, counter, ratio or count (default gauge)")
    .option("--treated <units>", "panels without a group column: treated units, separated by commas")
    .option("--pre <duration>", "history before the deploy (panels: every row)")
    .option("--post <duration>", "time judged after settle (panels: every row)")
    .option("--settle <duration>", "time ignored after the deploy (panels: 0)")
    .option("--alpha <number>", "intervals have the level 1 - alpha (default 0.05)")
    .option("--inference <name>", "precision-weighted, cr1, cr2, cr3, hc1, newey-west or permutation")
    .option("--scale <scale>", "auto, additive or multiplicative")
    .option("--design <name>", "auto, did, staggered, synthetic, split or its (default auto)")
    .option("--seed <number>", "start of the random numbers of permutation tests")
    .option("--look <k/K>", "one of several planned looks, 1/4 the first of four (default: with `looks`, the one due)")
    .option("--mode <mode>", "enforcing (a regression exits 1) or advisory")
    .option("--strict", "exit 2 when the answer is inconclusive or invalid")
    .option("--environment <name>", "apply this environment's overrides of the config")
    .option("--sha <commit>", "deployed commit, for version labels in the config")
    .option("--payload <file>", "JSON file that stands for the deployment's payload")
    .option("--ledger <file>", "append the verdict to this file, one JSON line per service; see docs/ledger.md")
    .option("--format <format>", "text, json, markdown or html")
    .option("--out <file>", "write the report there, in --format or by its ending; text stays on standard output")
    .addHelpText("after", `${EXIT_CODES}${example(`deploy-impact check --config ${EXAMPLE} --out result.json`)}`)
    .action(async (flags: CheckFlags) => {
      const { check } = await import("./cli/check.ts");
      exitCode = await check(flags);
    });
}

function addValidate(program: Command): void {
  program
    .command("validate")
    .description("check the config, run each query once over history, propose margins")
    .option("--config <file>", "config (default .github/deploy-impact.yml)")
    .option("--environment <name>", "apply this environment's overrides of the config")
    .option("--deployed-at <time>", "history ends here (default now, or the config's deployed-at)")
    .option("--sha <commit>", "commit that runs, for version labels in the config")
    .option("--payload <file>", "JSON file that stands for the deployment's payload")
    .option("--format <format>", "text or json")
    .addHelpText("after", example(`deploy-impact validate --config ${EXAMPLE}`))
    .action(async (flags: ValidateFlags) => {
      const { validate } = await import("./cli/validate.ts");
      exitCode = await validate(flags);
    });
}

/** What `plan` and `backtest` share: the windows of `check` and the history that they are tried on. */
function historyCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option("--config <file>", "config (default .github/deploy-impact.yml)")
    .option("--panel <file>", "CSV or Parquet with time,unit,group,value[,weight]; repeatable", collect)
    .option("--from <time>", "history starts here (files: the first row)")
    .option("--to <time>", "history ends here (default now; files: the last row)")
    .option("--history <duration>", "how much history, e.g. 14d (default 14d; files: all)")
    .option("--times <number>", "so many fake deploys, drawn over the history")
    .option("--exclude <file>", "JSON or CSV with the times of real deploys (deployed_at) and incidents (from, to)")
    .option("--repository <owner/name>", "leave out its deployments; the token is read from GITHUB_TOKEN")
    .option("--token-env <name>", "another environment variable that holds the token")
    .option("--deployed-at <time>", "a real deploy to leave out; unit=time, once per unit, for waves", collect)
    .option("--environment <name>", "apply this environment's overrides; only its deployments are left out")
    .option("--service <name>", "only this service of the config")
    .option("--sha <commit>", "commit that runs, for version labels in the config")
    .option("--payload <file>", "JSON file that stands for the deployment's payload")
    .option("--direction <way>", "which way is worse: up or down")
    .option("--step <duration>", "distance between points (panels: the most common distance)")
    .option("--margin <margin>", "largest tolerated harm: 5%, 0.1pp or a number in raw units (panels: 0)")
    .option("--kind <kind>", "panels: gauge, counter, ratio or count (default gauge)")
    .option("--treated <units>", "panels without a group column: treated units, separated by commas")
    .option("--pre <duration>", "history before each fake deploy (panels: needed)")
    .option("--post <duration>", "time judged after settle (panels: needed)")
    .option("--settle <duration>", "time ignored after each fake deploy (panels: 0)")
    .option("--alpha <number>", "intervals have the level 1 - alpha (default 0.05)")
    .option("--inference <name>", "precision-weighted, cr1, cr2, cr3, hc1, newey-west or permutation")
    .option("--scale <scale>", "auto, additive or multiplicative")
    .option("--design <name>", "auto, did, staggered, synthetic, split or its (default auto)")
    .option("--seed <number>", "start of the random numbers")
    .option("--format <format>", "text, json, markdown or html")
    .option("--out <file>", "write it there, in --format or by its ending; text stays on standard output");
}

function addPlan(program: Command): void {
  historyCommand(program, "plan", "before a deploy: what the config can see, by length of the post window")
    .option("--posts <durations>", "post windows to try, separated by commas (default 5m to 24h)")
    .addHelpText("after", `${HISTORY_EXIT_CODES}${example(`deploy-impact plan --config ${HISTORY_EXAMPLE}`)}`)
    .action(async (flags: PlanFlags) => {
      const { plan } = await import("./cli/plan.ts");
      exitCode = await plan(flags);
    });
}

function addBacktest(program: Command): void {
  historyCommand(program, "backtest", "the config at fake deploys through history: its measured false alarms")
    .option("--every <duration>", "distance between fake deploys (default: side by side)")
    .option("--reassign <number>", "also draw the treated units by chance, so often at every fake deploy")
    .addHelpText("after", `${HISTORY_EXIT_CODES}${example(`deploy-impact backtest --config ${HISTORY_EXAMPLE}`)}`)
    .action(async (flags: BacktestFlags) => {
      const { backtest } = await import("./cli/backtest.ts");
      exitCode = await backtest(flags);
    });
}

const HISTORY_EXAMPLE = "examples/quiet-week/deploy-impact.yml";

const HISTORY_EXIT_CODES = `
Exit codes:
  0   answered, whatever the answer
  2   the history does not allow an answer; the reason is printed
  3   something could not be read
  64  wrong flags or config
`;

function addReport(program: Command): void {
  program
    .command("report")
    .description("print a stored result, or with --ledger how verdicts turned out, as text, Markdown, HTML or JSON")
    .argument("[result]", "result.json; - is standard input")
    .option("--ledger <file>", "how the verdicts that `check --ledger` wrote down turned out")
    .option("--outcomes <file>", "with --ledger: more outcomes, CSV with sha,outcome[,environment,...] or JSON Lines")
    .option("--fine-after <duration>", "with --ledger: deploys older than this that nobody marked count as fine")
    .option("--environment <name>", "with --ledger: only this environment")
    .option("--service <name>", "with --ledger: only this service")
    .option("--format <format>", "text, json, markdown or html")
    .option("--out <file>", "write the report there, in --format or by its ending; text stays on standard output")
    .addHelpText(
      "after",
      example(`deploy-impact check --config ${EXAMPLE} --format json | deploy-impact report - --format markdown`),
    )
    .action(async (file: string | undefined, flags: ReportFlags) => {
      const { report } = await import("./cli/report.ts");
      exitCode = await report(file, flags);
    });
}

function addLedger(program: Command): void {
  program
    .command("ledger")
    .description("the file in which verdicts are kept")
    .command("mark")
    .description("say how a deploy turned out; `report --ledger` compares it with the verdict")
    .requiredOption("--ledger <file>", "the file that `check --ledger` wrote")
    .requiredOption("--outcome <outcome>", "reverted, hotfix, incident or fine")
    .option("--sha <commit>", "the deployed commit, 7 digits or more")
    .option("--id <id>", "the `id` of a line of the ledger, where there is no commit")
    .option("--environment <name>", "needed when the commit was judged in several")
    .option("--service <name>", "only this service of a monorepo")
    .option("--repository <owner/name>", "only this repository")
    .option("--at <time>", "when it happened: ISO 8601 with a zone, or epoch seconds")
    .option("--note <text>", "why, for people")
    .addHelpText("after", `\nExample:\n  $ deploy-impact ledger mark ${MARK_EXAMPLE}\n`)
    .action(async (flags: LedgerMarkFlags) => {
      const { markLedger } = await import("./cli/ledger.ts");
      exitCode = await markLedger(flags);
    });
}

const MARK_EXAMPLE =
  '--ledger ledger.jsonl --sha a1b2c3d --outcome reverted --at 2026-03-01T14:40:00Z --note "checkout errors"';

function addReplay(program: Command): void {
  program
    .command("replay")
    .description("compute a stored result again from its own evidence; exit 1 when anything but times differs")
    .argument("<result>", "result.json; - is standard input")
    .option("--format <format>", "text or json")
    .addHelpText("after", example(`deploy-impact check --config ${EXAMPLE} --format json | deploy-impact replay -`))
    .action(async (file: string, flags: ReplayFlags) => {
      const { replay } = await import("./cli/replay.ts");
      exitCode = await replay(file, flags);
    });
}

function addEstimate(program: Command): void {
  program
    .command("estimate")
    .description("run one estimator on a table: one row per unit and period")
    .option("--list", "print every estimator with its source, its errors (--vcov) and its settings (--set)")
    .option("--data <file>", "CSV, TSV or Parquet with a header; - is standard input")
    .option("--estimator <name>", "twfe, event-study, ...; see --list")
    .option("--outcome <column>", "outcome (default y)")
    .option("--unit <column>", "unit (default unit)")
    .option("--time <column>", "period: a number, a day or a time (default time)")
    .option("--treatment <column>", "1 where the row is treated, else 0 (default d, or treat)")
    .option("--first-treated <column>", "first treated period; 0 or empty: never (default first_treat)")
    .option("--weights <column>", "analytic weights (default weights); none: no weights")
    .option("--covariates <columns>", "covariates, separated by commas")
    .option("--cluster <columns>", "cluster, or several separated by commas (default the unit)")
    .option("--vcov <name>", "error or inference; see --list (default the estimator's first)")
    .option("--ref <period>", "reference period, counted from the first treated one (default -1)")
    .option("--control <units>", "never or notyet: which units staggered estimators compare with")
    .option("--seed <number>", "start of the random numbers (default 1)")
    .option("--alpha <number>", "intervals have the level 1 - alpha (default 0.05)")
    .option("--set <name=value>", "a setting of the estimator; repeatable; see --list", collect)
    .option("--format <format>", "text or json")
    .addHelpText("after", `${ESTIMATE_EXIT_CODES}${example(ESTIMATE_EXAMPLE)}`)
    .action(async (flags: EstimateFlags) => {
      const { estimate } = await import("./cli/estimate.ts");
      exitCode = await estimate(flags);
    });
}

const ESTIMATE_EXAMPLE =
  "deploy-impact estimate --data examples/estimate/rollout.csv --estimator twfe --outcome latency";

const ESTIMATE_EXIT_CODES = `
Exit codes:
  0   estimated
  2   the data do not allow it; the reason is on standard error
  3   something could not be read
  64  wrong flags or names
`;

const EXIT_CODES = `
Exit codes:
  0   answered, no regression
  1   regression in enforcing mode
  2   inconclusive or invalid, with --strict
  3   something could not be read
  64  wrong flags or config
`;

function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

function example(command: string): string {
  return `\nExample (files of this repository):\n  $ ${command}\n`;
}

/** Commander's sentence and suggestion in our form. */
function usageText(text: string): string {
  const [first = "", ...rest] = text.trim().split("\n");
  const suggestion = /\((Did you mean .*\?)\)/.exec(rest.join(" "))?.[1];
  const name = process.argv[2] ?? "";
  const command = /^(check|validate|plan|backtest|report|ledger|replay|estimate)$/.test(name) ? `${name} ` : "";
  return `${first}\nhint: ${suggestion === undefined ? "" : `${suggestion} `}Run \`deploy-impact ${command}--help\` to see what there is.\n`;
}

async function main(): Promise<number> {
  // A reader that has seen enough (`| head`) closes the pipe: that is no error, and the verdict keeps its exit code.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  try {
    await buildProgram().parseAsync();
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    const { report } = await import("./cli/fail.ts");
    return report(error);
  }
}

process.exitCode = await main();
