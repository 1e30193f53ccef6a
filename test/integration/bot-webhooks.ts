import { createHmac, randomUUID } from "node:crypto";
import { WEBHOOK_SECRET } from "./bot-settings.ts";

export interface SentWebhook {
  readonly event: string;
  readonly body: string;
  readonly id?: string;
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a webhook as GitHub does, signed. */
export async function sendWebhook(origin: string, webhook: SentWebhook): Promise<Response> {
  const { event, body, id = randomUUID(), secret = WEBHOOK_SECRET, headers = {} } = webhook;
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  return fetch(`${origin}/api/github/webhooks`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-github-event": event,
      "x-github-delivery": id,
      "x-hub-signature-256": `sha256=${signature}`,
      ...headers,
    },
    body,
  });
}
