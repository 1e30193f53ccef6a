import type { JsonValue } from "../../core/outcome.ts";
import type { Occasion } from "./occasion.ts";

/** What every receiver is told, as plain text; each sender escapes for its medium. */
export interface AlertMessage {
  /** `Regression in production after a1b2c3d: p95 latency +12.4% (7.9 to 17.0), margin 5%` */
  readonly title: string;
  readonly sentences: readonly string[];
  readonly next: string | null;
  readonly link: string | null;
  readonly commit: string | null;
}

export function alertMessage({ model, link, severity }: Occasion): AlertMessage {
  const where = model.environment === null ? "" : ` in ${model.environment}`;
  const after = model.shortSha === null ? "" : ` after ${model.shortSha}`;
  const urgency = model.severity === null && severity !== null ? [severitySentence(severity)] : [];
  return {
    title: plain(`${model.word}${where}${after}: ${model.answer}`),
    sentences: [...model.meaning, ...model.budget, ...urgency, ...model.setting].map(plain),
    next: model.next[0] === undefined ? null : plain(model.next[0]),
    link,
    commit: model.links.commit,
  };
}

/** Backticks mark code in sentences of the model. */
function plain(text: string): string {
  return text.replaceAll("`", "");
}

function severitySentence({ level, basis, margins }: NonNullable<Occasion["severity"]>): string {
  const lead = level === "page" ? "Worth a page" : "Worth a ticket, not a page";
  return basis === "margin" && margins !== null
    ? `${lead}: the harm is ${margins.toFixed(1)} times the margin (no SLO is stated).`
    : `${lead}: neither an SLO nor a margin says how much is much.`;
}

/** The facts for machines; levels of production metrics only where the report shows them too. */
export function alertFacts({ verdict, analysis, model, severity, values, link }: Occasion): Record<string, JsonValue> {
  const burn = severity?.burn ?? null;
  return {
    repository: verdict.tenant.repository,
    environment: verdict.environment,
    sha: verdict.sha,
    deployment: analysis.deploymentId,
    deployedAt: new Date(verdict.deployedAt * 1000).toISOString(),
    verdict: verdict.verdict,
    mode: verdict.mode,
    title: model.title,
    severity: severity?.level ?? null,
    severityBasis: severity?.basis ?? null,
    burnRate: values === "full" ? (burn?.rate ?? null) : null,
    burnRateAdded: values === "full" ? (burn?.rateAdded ?? null) : null,
    metrics: model.metrics
      .filter(({ decides }) => decides)
      .map(({ id, service, verdict: own, change, interval, margin }) => ({
        id,
        service,
        verdict: own,
        change,
        interval,
        margin,
      })),
    url: link,
  };
}

/** `text` within `limit` characters; a cut is shown, and leaves no half of a character. */
export function within(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
