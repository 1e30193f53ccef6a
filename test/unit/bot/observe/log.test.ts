import { expect, test } from "vitest";
import { createLog } from "../../../../src/bot/observe/log.ts";

function recorded(level: "debug" | "info" | "warning" | "error" = "debug", secrets: readonly string[] = []) {
  const lines: string[] = [];
  return { log: createLog({ logLevel: level }, secrets, (line) => void lines.push(line)), lines };
}

test("one JSON line each, with the fields of its parents", () => {
  const { log, lines } = recorded();
  log.child({ repository: "acme/shop" }).child({ job: "judge" }).warning("Late", { seconds: 5, last: null });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "warning",
    message: "Late",
    repository: "acme/shop",
    job: "judge",
    seconds: 5,
    last: null,
  });
  expect(Date.parse(JSON.parse(lines[0] ?? "").time)).not.toBeNaN();
  expect(lines[0]?.endsWith("\n")).toBe(true);
});

test("less important lines are left out", () => {
  const { log, lines } = recorded("warning");
  log.debug("a");
  log.info("b");
  log.warning("c");
  log.error("d");
  expect(lines.map((line) => JSON.parse(line).message)).toEqual(["c", "d"]);
});

test("what looks like a secret is blotted out, wherever it stands", () => {
  const { log, lines } = recorded("debug", ["the operator's own secret", "ab"]);
  const secrets = [
    "ghs_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0123456789_abcdefghij",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    "Bearer abcdef0123456789",
    "postgresql://bot:hunter2@db.example/bot",
    "the operator's own secret",
  ];
  for (const secret of secrets) log.child({ a: secret }).error(`said ${secret} aloud`, { b: `x ${secret}` });
  const all = lines.join("");
  for (const hidden of [
    "16C7e42F",
    "0123456789_abc",
    "dBjftJeZ",
    "MIIEow",
    "abcdef0123456789",
    "hunter2",
    "operator",
  ]) {
    expect(all).not.toContain(hidden);
  }
  expect(all).toContain("said");
  expect(all).toContain("db.example/bot");
});
