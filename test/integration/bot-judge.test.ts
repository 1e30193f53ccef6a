import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { openDatabase } from "../../src/bot/store/open.ts";
import { listAnalyses } from "../../src/bot/store/analyses.ts";
import { listVerdicts, verdictDocument } from "../../src/bot/store/verdicts.ts";
import { makeFolder } from "./servers/process.ts";
import { deployment, DEPLOYED_AT, makeWorld, MINUTE, READY_AT, SHA, type World } from "./bot-world.ts";
import type { GithubState } from "./github-stand-in.ts";

let database: OpenDatabase;
let remove: () => Promise<void>;
const open: World[] = [];

beforeAll(async () => {
  const folder = await makeFolder("judge");
  database = await openDatabase(
    { kind: "embedded", folder: path.join(folder.path, "data") },
    { connections: 1, onError: () => undefined },
  );
  remove = folder.remove;
});
afterAll(async () => {
  await database?.close();
  await remove?.();
});
afterEach(async () => {
  for (const world of open.splice(0)) {
    await world.close();
    expect(world.github.violations).toEqual([]);
  }
});

async function world(given: Partial<GithubState> = {}): Promise<World> {
  const made = await makeWorld(database, given);
  open.push(made);
  return made;
}

describe("a deploy", () => {
  test("is announced with its plan, waits without a runner, and gets its verdict when its window is over", async () => {
    const on = await world();
    expect(await on.deploy(deployment())).toMatch(/^analysis /);
    await on.work();
    const [check] = on.github.state.checks;
    console.log(on.log.lines, on.github.requests.map((one) => `${one.method} ${one.path}`), await on.waiting(), on.requests());
    expect(check?.fields).toMatchObject({ name: "Deploy impact / production", status: "in_progress" });
    on.setNow(READY_AT);
    await on.work();
    console.log(on.log.lines, check?.fields, on.github.state.comments, await on.waiting(), on.requests());
    console.log(await listVerdicts(database, on.tenant, {}, 10), await listAnalyses(database, on.tenant, {}, 10));
  });
});
