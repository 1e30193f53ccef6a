import { describe, expect, it } from "vitest";
import { fillTemplate } from "../../../src/config/reactions.ts";
import { read, refused, SMALLEST } from "./read.ts";

const RATIO = SMALLEST.replace("kind: gauge", "kind: ratio");
const messages = (text: string): string[] => refused(text).problems.map(({ message }) => message);

describe("alerts and rollback", () => {
  it("are dry runs after a click unless the config says otherwise", () => {
    const { alerts, rollback } = read(
      `${SMALLEST}alerts:\n  - { to: slack, url-env: HOOK }\nrollback: { how: workflow-dispatch, workflow: back.yml }\n`,
    );
    expect(alerts).toEqual([
      { to: "slack", urlEnv: "HOOK", when: "every-regression", dryRun: true, atMost: { count: 5, per: 86_400 } },
    ]);
    expect(rollback).toEqual({
      how: "workflow-dispatch",
      workflow: "back.yml",
      ref: null,
      eventType: "deploy-impact-rollback",
      inputs: {},
      when: "after-click",
      dryRun: true,
      atMost: { count: 2, per: 86_400 },
    });
    expect(read(SMALLEST)).toMatchObject({ alerts: [], rollback: null });
  });

  it("hold every kind of receiver", () => {
    const { alerts } = read(`${SMALLEST}alerts:
  - { to: webhook, url-env: URL, secret-env: SECRET, token-env: TOKEN, when: ticket, dry-run: false, at-most: 1 per 10m }
  - { to: pagerduty, routing-key-env: KEY, region: eu, when: page }
  - { to: github-issue, labels: [incident] }
`);
    expect(alerts[0]).toMatchObject({
      secretEnv: "SECRET",
      tokenEnv: "TOKEN",
      dryRun: false,
      atMost: { count: 1, per: 600 },
    });
    expect(alerts[1]).toMatchObject({ to: "pagerduty", routingKeyEnv: "KEY", region: "eu", when: "page" });
    expect(alerts[2]).toMatchObject({ to: "github-issue", labels: ["incident"] });
  });

  it("differ by environment, where an environment may supply the missing half", () => {
    const text = `${SMALLEST}rollback: { workflow: back.yml, how: workflow-dispatch }
environments:
  production: { rollback: { dry-run: false, when: at-once, inputs: { to: "{{ previous-sha }}" } } }
`;
    expect(read(text, "production").rollback).toMatchObject({ dryRun: false, when: "at-once", workflow: "back.yml" });
    expect(read(text, "staging").rollback).toMatchObject({ dryRun: true, when: "after-click" });
  });

  it.each([
    ["alerts: [{ to: email }]", "must be webhook, slack, pagerduty or github-issue"],
    ["alerts: [{ to: slack }]", "url-env"],
    [
      "alerts: [{ to: slack, url-env: https://hooks.slack.com/services/T0/B0/x }]",
      "must be the name of an environment variable",
    ],
    ["alerts: [{ to: slack, url-env: A, routing-key-env: B }]", 'Unknown key "routing-key-env"'],
    ["alerts: [{ to: slack, url-env: A, when: always }]", 'alerts.1.when: "always" is not allowed'],
    ["alerts: [{ to: slack, url-env: A, at-most: often }]", "must be a number and a duration, for example 2 per 24h"],
    ["rollback: { how: workflow-dispatch }", "rollback.workflow is missing"],
    ["rollback: { workflow: a.yml }", "rollback.how is missing"],
    ["rollback: { how: deployment, workflow: a.yml }", "rollback.workflow does not belong to deployment"],
    ["rollback: { how: deployment, inputs: { a: '{{ secret }}' } }", "{{ secret }} refers to something unknown"],
    ["rollback: { how: deployment, dry-run: maybe }", "rollback.dry-run"],
  ])("%s is refused with its place", (line, message) => {
    const { problems } = refused(`${SMALLEST}${line}\n`);
    expect(problems.map((one) => one.message).join("\n")).toContain(message);
    expect(problems[0]?.position?.line).toBe(SMALLEST.split("\n").length);
  });

  it("never quote an address that was written where a name belongs", () => {
    const error = refused(
      `${SMALLEST}alerts: [{ to: slack, url-env: https://hooks.slack.com/services/T0/B0/s3cret }]\n`,
    );
    expect(JSON.stringify(error.problems)).not.toContain("s3cret");
  });

  it("fill templates once: what is inserted is not read again", () => {
    const values = {
      environment: "{{ sha }}",
      sha: "abc",
      "previous-sha": "def",
      deployment: "7",
      report: "https://x.test/$1",
    };
    expect(fillTemplate("{{environment}}/{{ previous-sha }} {{ report }}", values)).toBe(
      "{{ sha }}/def https://x.test/$1",
    );
  });
});

describe("slo", () => {
  it("is taken from the service by its ratios, and laid over by an SLI's own", () => {
    const [sli] = read(`${RATIO}slo: { target: 99.9%, window: 7d }\n`).services[0]?.slis ?? [];
    expect(sli?.slo).toEqual({ target: 0.999, window: 7 * 86_400 });
    const environment = `${RATIO}slo: { target: 0.99 }\nenvironments: { production: { slo: { window: 28d } } }\n`;
    expect(read(environment, "production").services[0]?.slis[0]?.slo).toEqual({ target: 0.99, window: 28 * 86_400 });
    expect(read(environment).services[0]?.slis[0]?.slo).toEqual({ target: 0.99, window: 30 * 86_400 });
    expect(read(RATIO).services[0]?.slis[0]).not.toHaveProperty("slo");
  });

  it.each(["100%", "0%", "1", "0", "99.9.9%", "high", "-1%"])("a target of %s is refused", (target) => {
    expect(messages(`${RATIO}slo: { target: "${target}" }\n`)[0]).toContain("between 0% and 100%");
  });

  it("needs a target, and a ratio where an SLI states it", () => {
    expect(messages(`${RATIO}slo: { window: 7d }\n`)).toEqual(["slo.target is missing."]);
    const gauge = RATIO.replace("kind: ratio", "kind: gauge").replace(
      /(\n\s+)worse:/,
      "$1slo: { target: 99% }$1worse:",
    );
    expect(messages(gauge).join()).toContain("does not belong to kind gauge");
  });
});
