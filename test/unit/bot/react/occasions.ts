import type { Occasion } from "../../../../src/bot/react/occasion.ts";
import { loadConfig } from "../../../../src/config/load.ts";
import type { ResultDocument } from "../../../../src/core/result.ts";
import { worstSeverity } from "../../../../src/core/verdict/severity.ts";
import { buildReport } from "../../../../src/report/build.ts";
import { IN_PUBLIC, ON_GITHUB } from "../../../surfaces/contexts.ts";
import { percent, resultDocument } from "../../../surfaces/documents.ts";
import { SMALLEST } from "../../config/read.ts";

const SHA = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678";
const DEPLOYED_AT = Date.UTC(2026, 10, 20, 13, 0, 0) / 1000;

export const REGRESSION = resultDocument("regression", [
  { id: "p95-latency", verdict: "regression", margin: percent(5), level: 200, effect: [0.124, 0.079, 0.17] },
]);

/** A judged deploy of a private repository, without a store. */
export function occasion(
  config = "",
  { document = REGRESSION, isPrivate = true, payload = null }: Partial<Given> = {},
): Occasion {
  const tenant = { installationId: 1, repositoryId: 11, repository: "acme/shop", isPrivate };
  return {
    verdict: {
      id: "00000000-0000-4000-8000-000000000001",
      analysisId: "00000000-0000-4000-8000-000000000002",
      tenant,
      environment: "production",
      services: [],
      sha: SHA,
      deployedAt: DEPLOYED_AT,
      verdict: document.verdict,
      conclusion: "failure",
      mode: "enforcing",
      reasonCodes: [],
      title: "Regression: p95 latency +12.4% (7.9 to 17.0), margin 5%",
      look: 1,
      lateSeconds: 0,
      digest: "d",
      createdAt: DEPLOYED_AT + 3900,
    },
    analysis: {
      id: "00000000-0000-4000-8000-000000000002",
      tenant,
      defaultBranch: "main",
      environment: "production",
      deploymentId: 1234567,
      sha: SHA,
      subject: "di1:1234567:production",
      generation: 1,
      deployedAt: DEPLOYED_AT,
      deployedAtSource: "the success status of the deployment",
      state: "done",
      event: { payload, url: null, transient: false, statusAt: DEPLOYED_AT, pullRequests: [77] },
      registered: null,
      config: null,
      checkRunId: 7001,
      checksBefore: 0,
      checkUrl: "https://git.example.com/acme/shop/runs/7001",
      publishing: null,
      nextAt: null,
      look: 1,
      attempts: 0,
      requests: 0,
      lateSeconds: 0,
      failingSince: null,
      lastError: null,
      createdAt: DEPLOYED_AT,
      finishedAt: DEPLOYED_AT + 3900,
    },
    document,
    config: loadConfig({ text: `${SMALLEST}${config}`, file: "deploy-impact.yml", environment: null }),
    model: buildReport(document, isPrivate ? ON_GITHUB : IN_PUBLIC),
    values: isPrivate ? "full" : "relative",
    severity: worstSeverity(document),
    link: "https://di.example.com/acme/shop/analyses/2",
  };
}

interface Given {
  readonly document: ResultDocument;
  readonly isPrivate: boolean;
  readonly payload: Occasion["analysis"]["event"]["payload"];
}
