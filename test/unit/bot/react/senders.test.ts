import { describe, expect, it } from "vitest";
import { prepareAlert, prepareResolve, previewAlert } from "../../../../src/bot/react/senders.ts";
import { occasion } from "./occasions.ts";

const KEY = "0123456789abcdef0123456789abcdef";
const limits = { when: "every-regression", dryRun: false, atMost: { count: 5, per: 86_400 } } as const;
const pagerduty = { to: "pagerduty", routingKeyEnv: "PD", region: "us", ...limits } as const;

interface Sent {
  readonly url: string;
  readonly body: { readonly [key: string]: unknown };
  readonly headers: Readonly<Record<string, string>>;
}

/** A network that answers what the test says. */
function network(answer: () => Response) {
  const sent: Sent[] = [];
  const fetch = (async (url: string, init: { body: string; headers: Record<string, string> }) => {
    sent.push({ url, body: JSON.parse(init.body), headers: init.headers });
    return answer();
  }) as unknown as typeof globalThis.fetch;
  return {
    sent,
    ports: { env: { PD: KEY, HOOK: "https://hooks.example.com/T/B/s3cret" }, fetch, now: () => 1_790_000_000_000 },
  };
}

const accepted = () =>
  new Response(JSON.stringify({ status: "success", message: "Event processed", dedup_key: "x" }), { status: 202 });

describe("PagerDuty's Events API v2", () => {
  it("gets a trigger with everything that it asks for", async () => {
    const { sent, ports } = network(accepted);
    const delivery = await prepareAlert({ alert: pagerduty, severity: "page", id: "r-1" }, occasion(), ports).deliver();
    expect(delivery).toEqual({ kind: "sent", url: null });
    expect(sent[0]?.url).toBe("https://events.pagerduty.com/v2/enqueue");
    expect(sent[0]?.body).toMatchObject({
      routing_key: KEY,
      event_action: "trigger",
      dedup_key: "r-1",
      client: "deploy-impact",
      client_url: "https://di.example.com/acme/shop/analyses/2",
      links: [
        { href: "https://di.example.com/acme/shop/analyses/2", text: "full report" },
        { href: expect.stringContaining("/commit/"), text: "commit" },
      ],
      payload: {
        summary: "Regression in production after a1b2c3d: p95 latency +12.4% (7.9 to 17.0), margin 5%",
        source: "acme/shop production",
        severity: "critical",
        timestamp: "2026-11-20T13:00:00.000Z",
        component: "production",
        group: "acme/shop",
        custom_details: { severity: "page", repository: "acme/shop", metrics: [{ id: "p95-latency" }] },
      },
    });
  });

  it("knows tickets as warnings, the European service, and a resolve by its key", async () => {
    const { sent, ports } = network(accepted);
    const alert = { ...pagerduty, region: "eu" } as const;
    await prepareAlert({ alert, severity: "ticket", id: "r-1" }, occasion(), ports).deliver();
    await prepareResolve(alert, "r-1", ports).deliver();
    expect(sent.map(({ url }) => url)).toEqual(Array(2).fill("https://events.eu.pagerduty.com/v2/enqueue"));
    expect(sent[0]?.body.payload).toMatchObject({ severity: "warning" });
    expect(sent[1]?.body).toEqual({ routing_key: KEY, event_action: "resolve", dedup_key: "r-1" });
  });

  it("keeps a summary within 1,024 characters", async () => {
    const { sent, ports } = network(accepted);
    const given = occasion();
    const long = { ...given, model: { ...given.model, answer: "x".repeat(3000) } };
    await prepareAlert({ alert: pagerduty, severity: "page", id: "r" }, long, ports).deliver();
    expect(sent[0]?.body.payload).toMatchObject({ summary: expect.stringMatching(/^.{1024}$/) });
  });

  it.each([
    [400, "refused", '{"status":"invalid event","errors":["Length of \'routing_key\' is incorrect"]}'],
    [429, "later", ""],
    [500, "unclear", ""],
    [302, "refused", ""],
  ])("an answer of %d is %s, and no message holds the key", async (status, kind, body) => {
    const { ports } = network(() => new Response(`${body}${KEY}`, { status }));
    const delivery = await prepareAlert({ alert: pagerduty, severity: "page", id: "r" }, occasion(), ports).deliver();
    expect(delivery.kind).toBe(kind);
    expect(JSON.stringify(delivery)).toContain(`PagerDuty answers ${status}`);
    expect(JSON.stringify(delivery)).not.toContain(KEY);
  });
});

describe("Slack", () => {
  it("gets blocks within its limits, with nothing that mentions anybody", async () => {
    const { sent, ports } = network(() => new Response("ok"));
    const given = occasion();
    const wild = {
      ...given,
      model: { ...given.model, answer: `<!channel> & ${"y".repeat(200)}`, meaning: ["<@U1> ".repeat(1000)] },
    };
    const alert = { to: "slack", urlEnv: "HOOK", ...limits } as const;
    const prepared = prepareAlert({ alert, severity: "page", id: "r" }, wild, ports);
    await prepared.deliver();
    expect(sent[0]?.body).toMatchObject({
      text: expect.stringContaining("&lt;!channel&gt; &amp;"),
      blocks: [
        { type: "header", text: { type: "plain_text", text: expect.stringMatching(/^.{150}$/) } },
        { type: "section", text: { type: "mrkdwn", text: expect.stringMatching(/^[^<]{2900,3000}$/) } },
        { type: "context" },
      ],
    });
    expect(JSON.stringify(prepared.request)).not.toContain("s3cret");
  });
});

describe("every alert", () => {
  it("tells a preview without any secret", () => {
    const alert = { to: "webhook", urlEnv: "A", secretEnv: "B", tokenEnv: "C", ...limits } as const;
    expect(previewAlert({ alert, severity: "ticket", id: "r" }, occasion(), Date.now)).toMatchObject({
      to: "the address in A",
      signed: true,
      body: { type: "deploy-impact.regression" },
    });
  });

  it("hides levels and units where the report hides them", () => {
    const alert = { to: "webhook", urlEnv: "A", secretEnv: null, tokenEnv: null, ...limits } as const;
    const shown = JSON.stringify(
      previewAlert({ alert, severity: "page", id: "r" }, occasion("", { isPrivate: false }), Date.now),
    );
    expect(shown).toContain('"burnRate":null');
    expect(shown).not.toContain("eu-1");
  });
});
