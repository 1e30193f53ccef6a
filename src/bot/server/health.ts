import { timingSafeEqual } from "node:crypto";
import type { BotContext } from "../context.ts";
import type { Worker } from "../jobs/worker.ts";
import type { Measure } from "../observe/gauges.ts";
import type { Registry } from "../observe/registry.ts";
import type { Database } from "../store/database.ts";
import { isMigrated } from "../store/migrate.ts";
import { json, type Route } from "./route.ts";

export interface HealthParts extends Pick<BotContext, "database" | "log" | "version"> {
  /** null: this process works on no jobs. */
  readonly worker: Pick<Worker, "healthy"> | null;
  readonly registry: Registry;
  readonly measure: Measure;
  readonly metricsToken: string | null;
}

/** Longest that a look at the database may take before we call it unreachable, milliseconds. */
const PATIENCE_MS = 5000;

/** `/healthz`: this process runs. `/readyz`: it can do its work. `/metrics`: what it does. */
export function healthRoutes(parts: HealthParts): readonly Route[] {
  const route = (path: string, handle: Route["handle"]): Route => ({ method: "GET", path, bodyLimit: 0, handle });
  return [
    route("/healthz", async () => json(200, { status: "ok", version: parts.version })),
    route("/readyz", () => ready(parts)),
    route("/metrics", (request) => metrics(parts, request)),
  ];
}

async function ready({ database, worker, log }: HealthParts): Promise<Response> {
  const checks = {
    database: await schemaState(database),
    worker: worker === null || worker.healthy() ? "ok" : "stuck",
  };
  const ok = Object.values(checks).every((state) => state === "ok");
  if (!ok) log.warning("Not ready", checks);
  return json(ok ? 200 : 503, checks);
}

async function schemaState(database: Database): Promise<string> {
  const late = new Promise<string>((resolve) => setTimeout(resolve, PATIENCE_MS, "unreachable").unref());
  const state = isMigrated(database).then(
    (current) => (current ? "ok" : "schema of another version"),
    () => "unreachable",
  );
  return Promise.race([state, late]);
}

async function metrics({ registry, measure, metricsToken, log }: HealthParts, request: Request): Promise<Response> {
  if (metricsToken !== null && !isBearer(request.headers.get("authorization"), metricsToken)) {
    return json(401, { error: "Send METRICS_TOKEN as a bearer token." }, { "www-authenticate": "Bearer" });
  }
  // Counters are worth having also when the database does not answer.
  await measure().catch((error: unknown) => log.warning("The gauges could not be measured", { error: String(error) }));
  return new Response(registry.text(), { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } });
}

function isBearer(header: string | null, token: string): boolean {
  const [given, expected] = [Buffer.from(header ?? ""), Buffer.from(`Bearer ${token}`)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}
