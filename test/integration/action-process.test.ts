/** The Action as the runner starts it: a process with INPUT_* and GITHUB_* variables and files for what it says. */
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { INPUTS, OUTPUTS } from "../../src/github/action-contract.ts";
import { deploymentBody, type GithubStandIn, startGithub } from "./github-stand-in.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const SHA = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678";
const DEPLOYED_AT = "2026-03-10T08:00:00Z";
const folders: string[] = [];
const servers: GithubStandIn[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    await server.close();
    expect(server.violations).toEqual([]);
  }
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function workspace(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "action-"));
  folders.push(folder);
  for (const name of ["temp", "workspace"]) await mkdir(path.join(folder, name));
  const example = path.join(ROOT, "examples/failed-deployment/metrics.csv");
  await cp(example, path.join(folder, "workspace/metrics.csv"));
  return folder;
}

async function exampleConfig(): Promise<string> {
  const text = await readFile(path.join(ROOT, "examples/failed-deployment/deploy-impact.yml"), "utf8");
  return text.replace(/^deployed-at:.*\n/m, "");
}

const DEPLOYMENT = {
  id: 1234567,
  sha: SHA,
  environment: "production",
  createdAt: "2026-03-10T07:58:00Z",
  statuses: [{ state: "success", at: DEPLOYED_AT }],
};

async function github(config: string): Promise<GithubStandIn> {
  const server = await startGithub({
    files: { ".github/deploy-impact.yml": config },
    deployments: [DEPLOYMENT],
    pullRequests: [{ number: 77, mergeSha: SHA, headSha: "c".repeat(40) }],
  });
  servers.push(server);
  return server;
}

const EVENT = {
  deployment: deploymentBody(DEPLOYMENT),
  deployment_status: { state: "success", created_at: DEPLOYED_AT },
  repository: { full_name: "acme/shop", private: true, default_branch: "main" },
};

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly outputs: Record<string, string>;
  readonly state: Record<string, string>;
  readonly summary: string;
}

interface Step {
  readonly script: string;
  readonly folder: string;
  readonly server: GithubStandIn;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly event?: { readonly name: string; readonly payload: unknown };
  readonly state?: Readonly<Record<string, string>>;
  /** Instead of the file that holds the event. */
  readonly eventPath?: string;
  /** Called once while the process runs. */
  readonly during?: (kill: (signal: NodeJS.Signals) => void) => Promise<void>;
}

async function run(step: Step): Promise<Ended> {
  const { folder, script, server } = step;
  const files = {
    output: path.join(folder, "output"),
    state: path.join(folder, "state"),
    summary: path.join(folder, "summary"),
    event: path.join(folder, "event.json"),
  };
  for (const file of [files.output, files.state, files.summary]) await writeFile(file, "");
  const event = step.event ?? { name: "deployment_status", payload: EVENT };
  await writeFile(files.event, JSON.stringify(event.payload));
  const child = spawn(process.execPath, [path.join(ROOT, script)], {
    cwd: path.join(folder, "workspace"),
    env: {
      PATH: process.env.PATH ?? "",
      GITHUB_EVENT_NAME: event.name,
      GITHUB_EVENT_PATH: step.eventPath ?? files.event,
      GITHUB_REPOSITORY: "acme/shop",
      GITHUB_SHA: SHA,
      GITHUB_ACTOR: "someone",
      GITHUB_RUN_ID: "42",
      GITHUB_RUN_ATTEMPT: "1",
      GITHUB_API_URL: server.url,
      GITHUB_SERVER_URL: "https://github.example",
      GITHUB_WORKSPACE: path.join(folder, "workspace"),
      RUNNER_TEMP: path.join(folder, "temp"),
      GITHUB_OUTPUT: files.output,
      GITHUB_STATE: files.state,
      GITHUB_STEP_SUMMARY: files.summary,
      ...inputVariables(step.inputs ?? {}),
      ...Object.fromEntries(Object.entries(step.state ?? {}).map(([name, value]) => [`STATE_${name}`, value])),
    },
  });
  let stdout = "";
  child.stdout.on("data", (data: Buffer) => {
    stdout += data.toString("utf8");
  });
  child.stderr.on("data", (data: Buffer) => {
    stdout += data.toString("utf8");
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  await step.during?.((signal) => child.kill(signal));
  return {
    code: await ended,
    stdout,
    outputs: fileCommands(await readFile(files.output, "utf8")),
    state: fileCommands(await readFile(files.state, "utf8")),
    summary: await readFile(files.summary, "utf8"),
  };
}

/** The runner sets every input of action.yml, the ones that were not given to their default or to nothing. */
function inputVariables(given: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(INPUTS).map(([name, spec]) => {
    const value = given[name] ?? (name === "github-token" ? "ghs_secret_token" : "default" in spec ? spec.default : "");
    return [`INPUT_${name.toUpperCase()}`, value];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

/** `name<<delimiter`, lines, `delimiter`; the last one of a name counts. */
function fileCommands(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const match of text.matchAll(/^(.+?)<<(ghadelimiter_\S+)\n([\s\S]*?)\n\2$/gm))
    found[match[1] ?? ""] = match[3] ?? "";
  return found;
}

describe.each([
  ["from source", "src/entry/action.ts", "src/entry/post.ts"],
  ["bundled", "dist/action.js", "dist/post.js"],
])("%s", (_name, main, post) => {
  test("real data end to end: the failed deployment of the example fails its check, in the budget", async () => {
    const folder = await workspace();
    const server = await github(await exampleConfig());
    const step = await run({ script: main, folder, server });
    expect(step.outputs).toMatchObject({ verdict: "regression", conclusion: "failure", "pull-request": "77" });
    expect(Object.keys(step.outputs).sort()).toEqual(Object.keys(OUTPUTS).sort());
    expect(step.code).toBe(1);
    const [check] = server.state.checks;
    expect(check).toMatchObject({
      headSha: SHA,
      fields: { name: "Deploy impact / production", status: "completed", conclusion: "failure" },
    });
    expect(server.state.comments).toHaveLength(1);
    expect(step.summary).toContain("Regression");
    expect(server.requests.length).toBeLessThanOrEqual(15);
    expect(step.stdout).toContain(`GitHub API requests: ${server.requests.length} of 15`);
    const written = JSON.parse(await readFile(step.outputs["result-path"] ?? "", "utf8")) as { schemaVersion: number };
    expect(written.schemaVersion).toBe(1);
    expect(step.stdout.replaceAll("::add-mask::ghs_secret_token", "")).not.toContain("ghs_secret_token");
    const after = await run({ script: post, folder, server, state: step.state });
    expect(after.code).toBe(0);
    expect(server.state.checks).toHaveLength(1);
    await expect(readFile(step.outputs["result-path"] ?? "", "utf8")).rejects.toThrow(/ENOENT/);
  });

  test("a cancelled job: interrupted while it waits, the post step closes the check as cancelled", async () => {
    const folder = await workspace();
    const server = await github(await exampleConfig());
    const justNow = new Date(Date.now() - (66 * 60 - 240) * 1000).toISOString();
    const payload = { ...EVENT, deployment_status: { state: "success", created_at: justNow } };
    const step = await run({
      script: main,
      folder,
      server,
      inputs: { wait: "10m" },
      event: { name: "deployment_status", payload },
      during: async (kill) => {
        await expect.poll(() => server.state.checks.length, { timeout: 60_000 }).toBe(1);
        await expect
          .poll(() => server.requests.some(({ path: asked }) => asked.includes("/files")), { timeout: 60_000 })
          .toBe(true);
        kill("SIGINT");
      },
    });
    expect(step.code).not.toBe(0);
    expect(step.outputs).toMatchObject({ verdict: "error", "reason-code": "CANCELLED", conclusion: "cancelled" });
    expect(Object.keys(step.outputs).sort()).toEqual(Object.keys(OUTPUTS).sort());
    expect(server.state.checks[0]?.fields.status).toBe("in_progress");
    await run({ script: post, folder, server, state: step.state });
    expect(server.state.checks[0]?.fields).toMatchObject({ status: "completed", conclusion: "cancelled" });
  });
});

test.each([
  ["missing", "gone.json", "cannot be read"],
  ["not JSON", "summary", "is not JSON"],
])("an event file that is %s: a sentence, every output, no crash, and the post step runs", async (_name, file, why) => {
  const folder = await workspace();
  const server = await github(await exampleConfig());
  const eventPath = path.join(folder, file);
  const step = await run({ script: "src/entry/action.ts", folder, server, eventPath });
  expect(step.stdout).toMatch(new RegExp(`^::error::The file of the event .* ${why}\\.`, "m"));
  expect(step.outputs).toMatchObject({ verdict: "error", "reason-code": "USAGE", conclusion: "neutral" });
  expect(Object.keys(step.outputs).sort()).toEqual(Object.keys(OUTPUTS).sort());
  expect(step.code).toBe(0);
  const after = await run({ script: "src/entry/post.ts", folder, server, eventPath, state: step.state });
  expect(after.code).toBe(0);
});

test("a data file that is missing: neutral, loud, green, with every output", async () => {
  const folder = await workspace();
  const server = await github((await exampleConfig()).replace("metrics.csv", "gone.csv"));
  const step = await run({ script: "src/entry/action.ts", folder, server });
  expect(step.code).toBe(0);
  expect(step.stdout).toMatch(/^::error.*gone\.csv/m);
  expect(step.outputs).toMatchObject({ verdict: "error", "reason-code": "FILE_UNREADABLE", conclusion: "neutral" });
  expect(server.state.checks[0]?.fields.conclusion).toBe("neutral");
});
