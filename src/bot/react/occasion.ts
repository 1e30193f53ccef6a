import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import type { ResultDocument, Severity } from "../../core/result.ts";
import { worstSeverity } from "../../core/verdict/severity.ts";
import { buildReport } from "../../report/build.ts";
import type { ReportContext } from "../../report/context.ts";
import type { ReportModel } from "../../report/model.ts";
import type { BotContext } from "../context.ts";
import { analysisPage } from "../judge/page.ts";
import { type Analysis, findAnalysis } from "../store/analyses.ts";
import { loadVerdict, type StoredVerdict, verdictDocument } from "../store/verdicts.ts";

/** A verdict with everything that a reaction to it goes by. */
export interface Occasion {
  readonly verdict: StoredVerdict;
  readonly analysis: Analysis;
  readonly document: ResultDocument;
  /** The config as it was announced, before anybody knew the verdict. */
  readonly config: Config;
  /** As the pull request sees it: what a public repository does not show, no receiver gets either. */
  readonly model: ReportModel;
  readonly values: ReportContext["values"];
  /** null: no regression. */
  readonly severity: Severity | null;
  /** Where people read more: the page of the bot, else the check; null: neither is known. */
  readonly link: string | null;
}

export type OccasionContext = Pick<BotContext, "database" | "settings">;

/** null: the verdict is gone, or was made without a config. */
export async function loadOccasion(
  { database, settings }: OccasionContext,
  verdictId: string,
): Promise<Occasion | null> {
  const verdict = await loadVerdict(database, verdictId);
  if (verdict === null) return null;
  const { tenant } = verdict;
  const analysis = await findAnalysis(database, tenant, verdict.analysisId);
  const document = await verdictDocument(database, tenant, verdictId);
  if (analysis?.config == null || document === null) return null;
  const { text, path, reference } = analysis.config;
  const config = loadConfig({ text, file: path, environment: verdict.environment });
  const values = config.values ?? (tenant.isPrivate ? "full" : "relative");
  const page = analysisPage(settings.publicUrl, analysis);
  const model = buildReport(document, {
    environment: verdict.environment,
    sha: verdict.sha,
    repository: tenant.repository,
    serverUrl: settings.serverUrl,
    runUrl: null,
    detailsUrl: page ?? analysis.checkUrl,
    configRef: reference,
    values,
    publicRepository: !tenant.isPrivate,
    previous: null,
    batchPullRequests: [],
    commands: true,
  });
  const severity = verdict.verdict === "regression" ? worstSeverity(document) : null;
  return { verdict, analysis, document, config, model, values, severity, link: page ?? analysis.checkUrl };
}
