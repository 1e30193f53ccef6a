import type { ResultDocument, SliResult } from "../core/result.ts";
import { amendmentSentences, isAcknowledged } from "./amendments.ts";
import { pathChart } from "./chart-data.ts";
import { mermaidChart } from "./charts/mermaid.ts";
import type { ReportContext } from "./context.ts";
import { displayOf } from "./display.ts";
import { isWebAddress } from "./escape.ts";
import { answerOf, batchSentence, historyOf, type Lead, tallyOf, titleOf } from "./headline.ts";
import { lookSetting } from "./looks.ts";
import { commentMarker } from "./marker.ts";
import { type MetricScope, metricModel } from "./metric.ts";
import type { MetricModel, ReportLinks, ReportModel, ServiceModel } from "./model.ts";
import { footerOf, meaningOf, methodOf, nextOf, qualityOf, reproduceOf, settingOf } from "./narrative.ts";
import { inOrder, serviceVerdict } from "./order.ts";
import { particularsOf, reactionsOf } from "./particulars.ts";
import { disclosure } from "./redact.ts";
import { severityModel } from "./severity.ts";
import { VERDICT_WORDING } from "./wording/verdicts.ts";

/** Bins of the small chart in Markdown. */
const SMALL_CHART_BINS = 60;

/** The one place where a result becomes words and formatted numbers. */
export function buildReport(document: ResultDocument, context: ReportContext): ReportModel {
  const shown = disclosure(document, context);
  const amendments = context.amendments ?? [];
  const slis = inOrder(document);
  const manyServices = new Set(slis.map((sli) => sli.service)).size > 1;
  const scope: MetricScope = { document, context, shown, manyServices };
  const metrics = slis.map((sli) => metricModel(sli, scope));
  const lead = leadOf(slis, metrics);
  const wording = VERDICT_WORDING[document.verdict];
  const answer = `${answerOf(document, lead, metrics, context)}${inPart(metrics)}`;
  const severity = severityModel(slis, (sli) => metrics[slis.indexOf(sli)]?.label ?? sli.id, context.values);
  const sha = context.sha ?? document.deployment.sha;
  const environment = context.environment ?? document.deployment.environment;
  return {
    marker: commentMarker(environment),
    verdict: document.verdict,
    symbol: wording.symbol,
    word: wording.word,
    title: titleOf(isAcknowledged(amendments) ? `${wording.word}, acknowledged` : wording.word, answer),
    answer,
    environment: environment === null ? null : shown.label(environment),
    shortSha: sha === null ? null : shown.label(sha.slice(0, 7)),
    history: historyOf(context),
    setting: [...settingOf(document, shown), ...lookSetting(document, lead?.sli.service ?? null)],
    amendments: amendmentSentences(amendments, shown.message),
    meaning: meaningOf(document, lead),
    alerts: metrics.flatMap(({ subgroups }) => subgroups?.alert ?? []),
    next: nextOf(document, lead, context),
    metrics,
    tally: tallyOf(metrics),
    services: manyServices ? servicesOf(slis, scope) : [],
    batch: batchSentence(context),
    severity,
    budget: [...(severity === null ? [] : [severity.sentence]), ...(context.budget ?? []).map(shown.message)],
    reactions: reactionsOf(context, shown),
    particulars: particularsOf({ ...document, slis }, metrics, context, shown),
    quality: qualityOf({ ...document, slis }, metrics, context, shown),
    method: methodOf(document, shown),
    reproduce: reproduceOf(document),
    queries: context.publicRepository
      ? []
      : document.provenance.queries.map(({ sli, component, query }) => ({ metric: sli, component, query })),
    footer: footerOf(document, shown),
    configRef: context.configRef === null ? null : shown.label(context.configRef),
    links: linksOf(context, sha),
    mermaid: lead === null ? null : leadChart(lead, scope),
  };
}

/** `; worse for endpoint /checkout (+12%)`: whoever reads the title only must not miss it. */
function inPart(metrics: readonly MetricModel[]): string {
  const found = metrics.flatMap(({ subgroups }) => subgroups?.short ?? []);
  const others = found.length > 1 ? `, and ${found.length - 1} more of the kind` : "";
  return found[0] === undefined ? "" : `; ${found[0]}${others}`;
}

function leadOf(slis: readonly SliResult[], metrics: readonly MetricModel[]): Lead | null {
  const [sli] = slis;
  const [metric] = metrics;
  return sli === undefined || metric === undefined ? null : { sli, metric };
}

function servicesOf(slis: readonly SliResult[], scope: MetricScope): readonly ServiceModel[] {
  const names = [...new Set(slis.map((sli) => sli.service))];
  return names.map((name) => {
    const own = slis.filter((sli) => sli.service === name);
    const verdict = serviceVerdict(own);
    return {
      name: name === null ? null : scope.shown.label(name),
      verdict,
      symbol: VERDICT_WORDING[verdict].symbol,
      word: VERDICT_WORDING[verdict].word,
      metrics: own.map((sli) => slis.indexOf(sli)),
    };
  });
}

function leadChart({ sli, metric }: Lead, { document, context }: MetricScope): ReportModel["mermaid"] {
  const display = displayOf(document, sli, context.values);
  const path = pathChart(
    { sli, label: metric.label, windows: document.windows, display, values: context.values },
    SMALL_CHART_BINS,
  );
  return path === null ? null : mermaidChart(path);
}

function linksOf(context: ReportContext, sha: string | null): ReportLinks {
  const address = (url: string | null): string | null => (url !== null && isWebAddress(url) ? url : null);
  const { serverUrl, repository } = context;
  const isNamed =
    repository !== null && /^[\w.-]+\/[\w.-]+$/.test(repository) && sha !== null && /^[0-9a-f]{7,64}$/i.test(sha);
  return {
    report: address(context.detailsUrl) ?? address(context.runUrl),
    run: address(context.runUrl),
    commit:
      isNamed && serverUrl !== null ? address(`${serverUrl.replace(/\/+$/, "")}/${repository}/commit/${sha}`) : null,
  };
}
