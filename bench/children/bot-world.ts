/**
 * What the bot of a benchmark talks to, in a process of its own: a GitHub that keeps what is written to it and judges
 * every request by GitHub's description, and a Prometheus whose latency is a quarter worse where the deploy went.
 * Prints its addresses; a line `report` on standard input is answered with what GitHub holds.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { type StandInDeployment, startGithub } from "../../test/integration/github-stand-in.ts";
import {
  APP_ID,
  CONFIG_PATH,
  configOf,
  type Deploy,
  environmentOf,
  installationOf,
  shaOf,
} from "../measure/bot-deploys.ts";

const [count = 0, deployedAt = 0] = process.argv.slice(2).map(Number);
const ZONES = ["eu-1", "eu-2", "us-1", "us-2", "us-3"];

const metrics = createServer((request, response) => {
  void asked(request).then((query) => {
    const [start, end, step] = ["start", "end", "step"].map((name) => Number(query.get(name)));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(series(start ?? 0, end ?? 0, step ?? 300)));
  });
});
await new Promise<void>((resolve) => metrics.listen(0, "127.0.0.1", resolve));
const source = `http://127.0.0.1:${(metrics.address() as AddressInfo).port}`;

const deploys: Deploy[] = Array.from({ length: count }, (_, index) => ({ number: index + 1, deployedAt }));
const github = await startGithub({
  appSlug: "deploy-impact",
  appId: APP_ID,
  files: { [CONFIG_PATH]: configOf(source) },
  deployments: deploys.map(deploymentOf),
  pullRequests: deploys.map(({ number }) => ({
    number,
    mergeSha: shaOf(number),
    headSha: shaOf(number + 900_000),
    repository: `acme-${installationOf(number)}/shop`,
  })),
});
process.stdout.write(`${JSON.stringify({ github: github.url })}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  if (line === "report") process.stdout.write(`${JSON.stringify(report())}\n`);
}
process.exit(0);

function deploymentOf({ number, deployedAt }: Deploy): StandInDeployment {
  const at = new Date(deployedAt * 1000).toISOString();
  const statuses = [{ state: "success", at }];
  return { id: number, sha: shaOf(number), environment: environmentOf(number), createdAt: at, statuses };
}

async function asked(request: IncomingMessage): Promise<URLSearchParams> {
  if (request.method === "POST") return new URLSearchParams(await text(request));
  return new URL(request.url ?? "/", "http://x").searchParams;
}

function series(start: number, end: number, step: number): unknown {
  const times = Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step);
  const result = ZONES.map((zone, unit) => ({
    metric: { zone },
    values: times.map((time) => [time, String(latency(unit, time) * (unit < 2 && time >= deployedAt ? 1.25 : 1))]),
  }));
  return { status: "success", data: { resultType: "matrix", result } };
}

/** Seconds; the noise is a hash of unit and time, the same in every run. */
function latency(unit: number, time: number): number {
  let hash = Math.imul(unit + 1, 0x9e3779b1) ^ Math.imul(time | 0, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  const noise = ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32 - 0.5;
  return (0.2 + 0.02 * unit) * (1 + 0.04 * noise);
}

function report(): unknown {
  const { checks, comments } = github.state;
  return {
    checks: tally(checks.map(({ headSha }) => headSha)),
    states: tally(checks.map(({ fields }) => `${fields.status}/${fields.conclusion ?? "none"}`)).counts,
    comments: tally(comments.map(({ issue }) => String(issue))),
    requests: github.requests.length,
    violations: github.violations.slice(0, 5),
  };
}

/** How many there are, of how many different ones, and which come more than once; counts when there are few kinds. */
function tally(keys: readonly string[]): {
  all: number;
  different: number;
  repeated: number;
  counts: Record<string, number>;
} {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  const repeated = [...counts.values()].filter((times) => times > 1).length;
  return {
    all: keys.length,
    different: counts.size,
    repeated,
    counts: counts.size < 20 ? Object.fromEntries(counts) : {},
  };
}
