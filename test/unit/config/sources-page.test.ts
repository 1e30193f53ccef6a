import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SOURCES } from "../../../src/sources/index.ts";
import { problems, read, refused } from "./read.ts";

const page = readFileSync(new URL("../../../docs/sources.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
const sources = examples.filter((text) => text.startsWith("source:"));

/** What every example leaves out. */
const REST = {
  units: "units: { label: zone, treated: { match: { zone: [eu-1] } } }\n",
  slis: "slis: [{ id: latency, kind: gauge, query: latency_seconds, worse: up, margin: 5% }]\n",
};

function complete(example: string): string {
  const missing = Object.entries(REST).filter(([key]) => !new RegExp(`^${key}:`, "m").test(example));
  return `version: 1\n${example}${missing.map(([, text]) => text).join("")}`;
}

describe("docs/sources.md", () => {
  it.each(sources)("shows a config that is accepted: %s", (example) => {
    expect(read(complete(example)).services).toHaveLength(1);
  });

  it("shows one for every type", () => {
    const shown = new Set(sources.flatMap((text) => [...text.matchAll(/\btype: ([\w-]+)/g)].map((match) => match[1])));
    expect(Object.keys(SOURCES).filter((type) => !shown.has(type) && type !== "cortex")).toEqual([]);
  });

  it("shows native histograms as an SLI that is accepted", () => {
    const slis = examples.find((text) => text.startsWith("slis:") && text.includes("quantile")) ?? "";
    expect(slis).toContain("buckets:");
    const prometheus = "source: { type: prometheus, url: https://prometheus.example.com }\n";
    expect(read(`version: 1\n${prometheus}${REST.units}${slis}`).services[0]?.slis[0]?.kind).toBe("quantile");
  });
});

describe("a source that signs in", () => {
  const withSource = (source: string): string => `version: 1\nsource: ${source}\n${REST.units}${REST.slis}`;
  const amazon = "type: amazon-managed-prometheus, url: https://aps.example.com";

  it.each([
    [
      "a kind that does not exist",
      `{ ${amazon}, auth: { kind: kerberos } }`,
      /source\.auth\.kind must be oauth2, sigv4, google or azure/,
    ],
    ["no kind", `{ ${amazon}, auth: { role: x } }`, /source\.auth\.kind must be oauth2, sigv4, google or azure/],
    ["a key of another kind", `{ ${amazon}, auth: { kind: sigv4, scope: x } }`, /Unknown key "scope"/],
    [
      "a role that is none",
      `{ ${amazon}, auth: { kind: sigv4, role: metrics } }`,
      /auth\.role.*is not the ARN of a role/,
    ],
    [
      "half a pair of keys",
      `{ ${amazon}, auth: { kind: sigv4, access-key-id-env: A } }`,
      /access-key-id-env.*is given together with/,
    ],
    ["two ways to sign in", `{ ${amazon}, token-env: T, auth: { kind: sigv4 } }`, /source\.auth.*signs in already/],
    [
      "a client without a name",
      "{ type: mimir, url: https://m.example.com, auth: { kind: oauth2, token-url: https://l.example.com, client-secret-env: S } }",
      /client-id.*give either/,
    ],
    ["a tenant where there are none", `{ ${amazon}, tenant: shop }`, /source\.tenant.*does not belong to type/],
    [
      "a tenant twice",
      "{ type: mimir, url: https://m.example.com, tenant: a, headers: { x-scope-orgid: b } }",
      /source\.tenant.*is given twice/,
    ],
    [
      "Grafana Cloud without a token",
      "{ type: grafana-cloud, url: https://g.example.com }",
      /source\.username.*is missing/,
    ],
    [
      "a certificate without its key",
      "{ type: prometheus, url: https://p.example.com, tls: { certificate-env: C } }",
      /tls\.key-file.*is needed/,
    ],
    [
      "certificates on a plain connection",
      "{ type: prometheus, url: http://p.example.com, tls: { ca-file: ca.pem } }",
      /source\.tls.*needs an address that starts with https/,
    ],
  ])("%s is refused at its place", (_name, source, message) => {
    expect(problems(withSource(source)).join("\n")).toMatch(message);
  });

  it.each([
    ["auth", "kind: azure, ", "client-secret", "client-secret-env"],
    ["auth", "kind: sigv4, ", "secret-access-key", "secret-access-key-env"],
    ["tls", "", "key", "key-env"],
  ])("a secret in %s (%s) is refused, with the key to write instead, and not repeated", (block, kind, key, instead) => {
    const source = `{ type: prometheus, url: https://p.example.com, ${block}: { ${kind}${key}: hunter2-hunter2 } }`;
    const error = refused(withSource(source));
    expect(error.message).toBe(`source.${block}.${key}: a secret must not stand in the config.`);
    expect(error.hint).toContain(`${instead}: NAME_OF_THE_VARIABLE`);
    expect(JSON.stringify(error.problems)).not.toContain("hunter2");
  });

  it("names every variable that holds a secret, so that it can be masked", () => {
    const names = (options: Record<string, unknown>) => SOURCES[String(options.type)]?.open(options, ".").credentials;
    const url = "https://p.example.com";
    const aws = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    expect(names({ type: "amazon-managed-prometheus", url })).toEqual(aws);
    expect(names({ type: "azure-managed-prometheus", url, auth: { kind: "azure", "client-secret-env": "S" } })).toEqual(
      ["S"],
    );
    expect(
      names({ type: "prometheus", url, tls: { "certificate-env": "C", "key-env": "K", "passphrase-env": "P" } }),
    ).toEqual(["K", "P"]);
  });
});
