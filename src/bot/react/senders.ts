import { createHmac } from "node:crypto";
import type { AlertConfig, PagerdutyRegion } from "../../config/reactions.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { SeverityLevel } from "../../core/result.ts";
import type { Ports } from "../../ports.ts";
import { type Prepared, post } from "./delivery.ts";
import { alertFacts, alertMessage, within } from "./message.ts";
import type { Occasion } from "./occasion.ts";

type SenderPorts = Pick<Ports, "env" | "fetch" | "now">;

/** Alerts that leave GitHub. */
type OutsideAlert = Exclude<AlertConfig, { readonly to: "github-issue" }>;

export interface Alert {
  readonly alert: OutsideAlert;
  readonly severity: SeverityLevel;
  /** The same for every attempt: receivers that know it count an alert once. */
  readonly id: string;
}

/** Secrets are read here, so that a missing one is said before anything is sent. */
export function prepareAlert(alert: Alert, occasion: Occasion, ports: SenderPorts): Prepared {
  const to = alert.alert;
  if (to.to === "webhook") return webhook({ ...alert, alert: to }, occasion, ports);
  if (to.to === "slack") return slack({ ...alert, alert: to }, occasion, ports);
  return pagerduty({ ...alert, alert: to }, occasion, ports);
}

/** What would be sent, for a dry run: no secret is read, none has to exist. */
export function previewAlert(alert: Alert, occasion: Occasion, now: () => number): Prepared["request"] {
  const env = new Proxy<Record<string, string>>({}, { get: (_target, name) => `(secret ${String(name)})` });
  return prepareAlert(alert, occasion, { env, now, fetch }).request;
}

function secretOf(key: string, name: string, env: Ports["env"]): string {
  const value = env[name]?.trim() ?? "";
  if (/^[\x20-\x7e]+$/.test(value)) return value;
  const problem = value === "" ? "is not stored for this repository" : "holds characters that cannot be sent";
  throw new DeployImpactError(
    "CREDENTIAL_MISSING",
    `The secret ${name}, named by \`${key}\` of \`alerts\`, ${problem}.`,
    {
      hint: `Store ${name} for the repository or its account (docs/operating.md), on one line.`,
    },
  );
}

type Of<To extends OutsideAlert["to"]> = Alert & { readonly alert: Extract<OutsideAlert, { to: To }> };

/**
 * A signed request after the Standard Webhooks specification 1.0: the id stays the same over attempts, the signature
 * is HMAC-SHA256 over `id.timestamp.body`, base64, after `v1,`.
 */
function webhook({ alert, id }: Of<"webhook">, occasion: Occasion, { env, fetch, now }: SenderPorts): Prepared {
  const url = secretOf("url-env", alert.urlEnv, env);
  const secret = alert.secretEnv === null ? null : secretOf("secret-env", alert.secretEnv, env);
  const token = alert.tokenEnv === null ? null : secretOf("token-env", alert.tokenEnv, env);
  const content = { type: "deploy-impact.regression", data: alertFacts(occasion) };
  const deliver: Prepared["deliver"] = () => {
    const timestamp = Math.floor(now() / 1000);
    const body = JSON.stringify({ ...content, timestamp: new Date(timestamp * 1000).toISOString() });
    const signature = secret === null ? null : `v1,${sign(secret, `${id}.${timestamp}.${body}`)}`;
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      ...(signature === null ? {} : { "webhook-signature": signature }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
    const secrets = [url, secret ?? "", token ?? ""];
    return post({ url, headers, body, receiver: "The webhook", secrets }, { fetch, now });
  };
  return { request: { to: `the address in ${alert.urlEnv}`, signed: secret !== null, body: content }, deliver };
}

/** A secret that starts with `whsec_` is base64, as the specification says; any other is taken as it is. */
function sign(secret: string, text: string): string {
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret);
  return createHmac("sha256", key).update(text).digest("base64");
}

/** Limits of Slack's blocks. */
const SLACK_HEADER = 150;
const SLACK_TEXT = 3000;

/** An incoming webhook with blocks; its answer is `ok`, and it knows no key: a second request is a second message. */
function slack({ alert }: Of<"slack">, occasion: Occasion, { env, fetch, now }: SenderPorts): Prepared {
  const url = secretOf("url-env", alert.urlEnv, env);
  const { title, sentences, next, link, commit } = alertMessage(occasion);
  const links = [slackLink("full report", link), slackLink("commit", commit)].filter((one) => one !== null);
  const text = slackText([...sentences, ...(next === null ? [] : [`Next: ${next}`])].join("\n"));
  const body = {
    text: slackText(title),
    blocks: [
      { type: "header", text: { type: "plain_text", text: within(title, SLACK_HEADER) } },
      { type: "section", text: { type: "mrkdwn", text: within(text, SLACK_TEXT) } },
      ...(links.length === 0 ? [] : [{ type: "context", elements: [{ type: "mrkdwn", text: links.join(" · ") }] }]),
    ],
  };
  const deliver: Prepared["deliver"] = () =>
    post({ url, headers: {}, body: JSON.stringify(body), receiver: "Slack", secrets: [url] }, { fetch, now });
  return { request: { to: `the incoming webhook in ${alert.urlEnv}`, body }, deliver };
}

/** These three mean markup; escaped, nobody can be mentioned by a label. */
function slackText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function slackLink(text: string, url: string | null): string | null {
  return url === null ? null : `<${url.replaceAll("|", "%7C").replaceAll(">", "%3E")}|${text}>`;
}

const PAGERDUTY: Readonly<Record<PagerdutyRegion, string>> = {
  us: "https://events.pagerduty.com/v2/enqueue",
  eu: "https://events.eu.pagerduty.com/v2/enqueue",
};
const PAGERDUTY_SUMMARY = 1024;

/** Events API v2: the same `dedup_key` is the same alert, however often it is sent. */
function pagerduty({ alert, severity, id }: Of<"pagerduty">, occasion: Occasion, ports: SenderPorts): Prepared {
  const { title, sentences, link, commit } = alertMessage(occasion);
  const { tenant, environment, deployedAt } = occasion.verdict;
  const links = [
    ...(link === null ? [] : [{ href: link, text: "full report" }]),
    ...(commit === null ? [] : [{ href: commit, text: "commit" }]),
  ];
  const event = {
    event_action: "trigger",
    dedup_key: id,
    payload: {
      summary: within(title, PAGERDUTY_SUMMARY),
      source: `${tenant.repository} ${environment}`,
      severity: severity === "page" ? "critical" : "warning",
      timestamp: new Date(deployedAt * 1000).toISOString(),
      component: environment,
      group: tenant.repository,
      class: "deploy regression",
      custom_details: { ...alertFacts(occasion), explanation: sentences.join(" ") },
    },
    client: "deploy-impact",
    ...(link === null ? {} : { client_url: link }),
    ...(links.length === 0 ? {} : { links }),
  };
  return toPagerduty(alert, event, ports);
}

/** Takes an alert back: PagerDuty ignores it when the alert is resolved already. */
export function prepareResolve(
  alert: Extract<AlertConfig, { to: "pagerduty" }>,
  dedupKey: string,
  ports: SenderPorts,
): Prepared {
  return toPagerduty(alert, { event_action: "resolve", dedup_key: dedupKey }, ports);
}

function toPagerduty(
  { routingKeyEnv, region }: Extract<AlertConfig, { to: "pagerduty" }>,
  event: { readonly [key: string]: Prepared["request"] },
  { env, fetch, now }: SenderPorts,
): Prepared {
  const key = secretOf("routing-key-env", routingKeyEnv, env);
  const body = JSON.stringify({ routing_key: key, ...event });
  const url = PAGERDUTY[region];
  const deliver: Prepared["deliver"] = () =>
    post({ url, headers: {}, body, receiver: "PagerDuty", secrets: [key] }, { fetch, now });
  return { request: { to: url, routingKey: `(secret ${routingKeyEnv})`, body: { ...event } }, deliver };
}
