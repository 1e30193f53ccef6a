import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { filesUnder, linesMatching, ROOT, textOf } from "./repository.ts";

const run = promisify(execFile);
const LINT = path.join(ROOT, "scripts/lint-workflows.mjs");
const workflows = filesUnder(".github/workflows");

interface ActionManifest {
  readonly runs: { readonly using: string; readonly main: string; readonly post: string };
  readonly branding: { readonly icon: string; readonly color: string };
}

describe("action.yml", () => {
  const manifest = parse(textOf("action.yml")) as ActionManifest;

  it("runs on node24 and its files are there", () => {
    expect(manifest.runs.using).toBe("node24");
    expect([manifest.runs.main, manifest.runs.post].filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  it("describes every input and output", () => {
    const { inputs, outputs } = parse(textOf("action.yml")) as Record<string, Record<string, { description?: string }>>;
    const undescribed = Object.entries({ ...inputs, ...outputs }).filter(([, entry]) => !entry.description?.trim());
    expect(undescribed.map(([name]) => name)).toEqual([]);
  });
});

describe("workflows", () => {
  it("and action.yml pass GitHub's language service", async () => {
    const { stdout } = await run(process.execPath, [LINT], { cwd: ROOT });
    expect(stdout).toContain(`${workflows.length + 1} files checked, 0 problems`);
  });

  it("would not pass it with a wrong trigger", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "workflow-"));
    const file = path.join(folder, "wrong.yml");
    await writeFile(
      file,
      "on: deployment_statuses\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo\n",
    );
    await expect(run(process.execPath, [LINT, file], { cwd: ROOT })).rejects.toMatchObject({ code: 1 });
    await rm(folder, { recursive: true });
  });

  it("pin every action to a full commit, with its version beside it", () => {
    const uses = linesMatching(workflows, /^\s*-?\s*uses:/);
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  it.each(workflows)("%s grants nothing by default and keeps no credentials", (file) => {
    const text = textOf(file);
    expect(parse(text)).toMatchObject({ permissions: {} });
    const checkouts = text.match(/uses: actions\/checkout@/g)?.length ?? 0;
    expect(text.match(/persist-credentials: false/g)?.length ?? 0).toBe(checkouts);
  });

  it("expand no expression inside a script", () => {
    const scripts = workflows.flatMap((file) => {
      const { jobs } = parse(textOf(file)) as { jobs: Record<string, { steps: readonly { run?: string }[] }> };
      return Object.values(jobs).flatMap((job) => job.steps.map((step) => step.run ?? ""));
    });
    expect(scripts.filter((script) => script.includes("${{"))).toEqual([]);
  });
});

describe(".ci/run", () => {
  it("ends with the one test command that the README gives", () => {
    const last = textOf(".ci/run").trim().split("\n").at(-1);
    expect(last).toBe("npm cit");
    expect(textOf("README.md")).toContain("npm cit");
  });
});
