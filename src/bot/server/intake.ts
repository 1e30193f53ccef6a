import type { BotContext } from "../context.ts";
import type { AppAccess } from "../github/app.ts";
import type { OpenQueue } from "../jobs/queue.ts";
import { addDeliveries, type NewDelivery } from "../store/deliveries.ts";
import type { DeliveryHandlers } from "../webhooks/contract.ts";
import { isHandled, KEPT, trimmed } from "../webhooks/trim.ts";
import { inBatches } from "./batches.ts";
import { json, type Route } from "./route.ts";

export const WEBHOOK_PATH = "/api/github/webhooks";

/** GitHub sends nothing larger (docs: "Webhook events and payloads", payload cap). */
const PAYLOAD_LIMIT = 25 * 2 ** 20;

/** What is stored may not be larger than this, trimmed; nothing that we handle comes near it. */
const STORED_LIMIT = 2 ** 20;

/** Webhooks that are stored in one transaction at the most. */
const BATCH = 100;

type IntakeContext = Pick<BotContext, "database" | "now" | "log" | "metrics"> & {
  readonly queue: Pick<OpenQueue, "sendAll">;
};

type Keep = (delivery: NewDelivery) => Promise<boolean>;

/** Everything that can come of a webhook, with the status that answers it. */
const OUTCOMES = {
  accepted: 202,
  repeated: 202,
  ignored: 202,
  unsigned: 401,
  malformed: 400,
  "too-large": 202,
  failed: 503,
} as const;

type Outcome = keyof typeof OUTCOMES;

/**
 * Takes a webhook: its signature is checked, it is written down together with the job that will handle it, and it is
 * answered. Nothing else happens before the answer, for which GitHub waits ten seconds.
 */
export function webhookRoute(context: IntakeContext, verify: AppAccess["verify"]): Route {
  const keep: Keep = inBatches((deliveries) => keepAll(context, deliveries), BATCH);
  return {
    method: "POST",
    path: WEBHOOK_PATH,
    bodyLimit: PAYLOAD_LIMIT,
    handle: async (request) => {
      const event = request.headers.get("x-github-event") ?? "";
      const outcome = await receive(context, keep, verify, request, event);
      const known = event in KEPT ? event : "other";
      context.metrics.count("deploy_impact_webhooks_total", { event: known, outcome });
      return json(OUTCOMES[outcome], { outcome });
    },
  };
}

async function receive(
  context: IntakeContext,
  keep: Keep,
  verify: AppAccess["verify"],
  request: Request,
  event: string,
): Promise<Outcome> {
  const body = await request.text();
  const signature = request.headers.get("x-hub-signature-256");
  if (signature === null || !(await isSigned(verify, body, signature))) return "unsigned";
  const id = request.headers.get("x-github-delivery") ?? "";
  if (event === "" || !/^[\w-]{1,100}$/.test(id)) return "malformed";
  const payload = parsed(body);
  if (payload === null) return "malformed";
  const action = typeof payload.action === "string" ? payload.action.slice(0, 100) : null;
  if (!isHandled(event, action)) return "ignored";
  const delivery = deliveryOf(id, { event, action }, payload, context.now() / 1000);
  if (delivery === null) return "ignored";
  if (JSON.stringify(delivery.payload).length > STORED_LIMIT) {
    context.log.error("A webhook is too large to be handled", { delivery: id, event });
    return "too-large";
  }
  return store(context, keep, delivery);
}

/** The library rejects rather than answering false for what is no signature at all. */
async function isSigned(verify: AppAccess["verify"], body: string, signature: string): Promise<boolean> {
  try {
    return await verify(body, signature);
  } catch {
    return false;
  }
}

function parsed(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** null: it belongs to no installation, such as the events of a repository's own webhook. */
function deliveryOf(
  id: string,
  { event, action }: { readonly event: keyof DeliveryHandlers; readonly action: string | null },
  payload: Record<string, unknown>,
  receivedAt: number,
): NewDelivery | null {
  const installationId = idOf(payload.installation);
  if (installationId === null) return null;
  const repositoryId = idOf(payload.repository);
  return { id, event, action, installationId, repositoryId, payload: trimmed(event, payload), receivedAt };
}

function idOf(value: unknown): number | null {
  const id = (value as { id?: unknown } | null | undefined)?.id;
  return Number.isSafeInteger(id) ? (id as number) : null;
}

async function store({ log }: IntakeContext, keep: Keep, delivery: NewDelivery): Promise<Outcome> {
  try {
    return (await keep(delivery)) ? "accepted" : "repeated";
  } catch (error) {
    log.error("A webhook could not be stored", {
      delivery: delivery.id,
      error: error instanceof Error ? error.message : "",
    });
    return "failed";
  }
}

/** Rows and jobs in one transaction; false for a webhook that was there before. */
async function keepAll({ database, queue }: IntakeContext, deliveries: readonly NewDelivery[]): Promise<boolean[]> {
  return database.transaction(async (inside) => {
    const added = await addDeliveries(inside, deliveries);
    const fresh = deliveries.filter(({ id }, index) => added.has(id) && firstAt(deliveries, id) === index);
    const jobs = fresh.map(({ id, installationId }) => ({ data: { deliveryId: id }, key: id, installationId }));
    await queue.sendAll("delivery", jobs, inside);
    return deliveries.map((delivery) => fresh.includes(delivery));
  });
}

/** The same webhook may come twice at once. */
function firstAt(deliveries: readonly NewDelivery[], wanted: string): number {
  return deliveries.findIndex(({ id }) => id === wanted);
}
