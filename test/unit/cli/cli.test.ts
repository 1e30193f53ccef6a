import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ResultDocument } from "../../../src/core/result.ts";
import { DEPLOYED_AT, panelCsv, rows, tableCsv } from "../app/fixtures.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const CLI = path.join(ROOT, "src/entry/cli.ts");
const folder = mkdtempSync(path.join(tmpdir(), "cli-"));
const inFolder = (name: string): string => path.join(folder, name);

const CONFIG = `version: 1
source: { type: file, path: metrics.csv }
deployed-at: ${DEPLOYED_AT}
units: { label: zone, treated: { match: { zone: [eu-1, eu-2] } } }
windows: { pre: 5h, settle: 2m, post: 1h, step: 1m }
slis: [{ id: latency, kind: gauge, query: latency, worse: up, margin: 5% }]
environments: { staging: { mode: advisory } }
`;

beforeAll(() => {
  const worse = rows(300, 62, 15);
  writeFileSync(inFolder("worse.csv"), panelCsv(worse));
  writeFileSync(inFolder("noisy.csv"), panelCsv(rows(60, 20, 1)));
  writeFileSync(inFolder("ungrouped.csv"), panelCsv(worse).replaceAll(/,(?:group|treated|control),/g, ","));
  writeFileSync(inFolder("empty.csv"), "time,unit,group,value\n");
  writeFileSync(inFolder("metrics.csv"), tableCsv(worse));
  writeFileSync(inFolder("config.yml"), CONFIG);
  writeFileSync(inFolder("typo.yml"), CONFIG.replace("margin:", "marign:"));
  writeFileSync(inFolder("broken.yml"), "version: 1\nslis: [\n");
  writeFileSync(inFolder("no-margin.yml"), CONFIG.replace(", margin: 5%", ""));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Compiled code is kept between the processes of this file. */
const ENVIRONMENT = { ...process.env, NO_COLOR: "1", NODE_COMPILE_CACHE: inFolder("compiled") };

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a process of its own. */
function run(args: readonly string[], stdin = ""): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env: ENVIRONMENT });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
    child.stdin.end(stdin);
  });
}

const panel = (file: string, ...more: string[]): string[] => [
  "check",
  ...["--panel", file],
  ...["--deployed-at", String(DEPLOYED_AT)],
  ...["--direction", "up"],
  ...more,
];

async function json(args: readonly string[], stdin = ""): Promise<ResultDocument> {
  const { stdout } = await run([...args, "--format", "json"], stdin);
  return JSON.parse(stdout) as ResultDocument;
}

describe.concurrent("exit codes of check", () => {
  it.each([
    ["0: answered", panel("worse.csv").with(6, "down"), 0],
    ["1: a regression", panel("worse.csv", "--margin", "5%"), 1],
    ["0: a regression in advisory mode", panel("worse.csv", "--mode", "advisory"), 0],
    ["1: a regression outranks --strict", panel("worse.csv", "--strict"), 1],
    ["0: inconclusive", panel("noisy.csv", "--margin", "1%"), 0],
    ["2: inconclusive with --strict", panel("noisy.csv", "--margin", "1%", "--strict"), 2],
    ["0: no rows", panel("empty.csv"), 0],
    ["2: no rows with --strict", panel("empty.csv", "--strict"), 2],
    ["3: no such panel", panel("absent.csv"), 3],
    ["64: no group column", panel("ungrouped.csv"), 64],
    ["64: an unknown treated unit", panel("ungrouped.csv", "--treated", "eu-9"), 64],
    ["64: config and panel", panel("worse.csv", "--config", "config.yml"), 64],
    ["64: a config key that does not exist", ["check", "--config", "typo.yml"], 64],
    ["64: a config that is not YAML", ["check", "--config", "broken.yml"], 64],
    ["64: no config", ["check"], 64],
    ["64: a config without a margin", ["check", "--config", "no-margin.yml"], 64],
    ["64: not a time", ["check", "--config", "config.yml", "--deployed-at", "noon"], 64],
    ["64: an unknown flag", ["check", "--marginn", "5%"], 64],
    ["64: an unknown command", ["chekc"], 64],
    ["64: no command", [], 64],
    ["64: no direction", panel("worse.csv").slice(0, 5), 64],
    ["64: a wrong choice", panel("worse.csv", "--scale", "logarithmic"), 64],
    ["64: an output of no known format", panel("worse.csv", "--out", "x.pdf"), 64],
  ])("%s", async (_, args, exitCode) => {
    const ended = await run(args);
    expect([ended.exitCode, ended.stderr === ""]).toEqual([exitCode, ![3, 64].includes(exitCode)]);
    if (exitCode === 64 && args.length > 0)
      expect(ended.stderr).toMatch(/^error: .+[.?'a-z]\n(?: {2}at .+\n)?hint: .+/);
  });
});

describe.concurrent("panels", () => {
  it("use every row, name the SLI after the file, and infer the step", async () => {
    const document = await json(panel("worse.csv"));
    expect(document.slis.map(({ id, role }) => [id, role])).toEqual([["worse", "primary"]]);
    expect(document.windows).toMatchObject({
      preStart: DEPLOYED_AT - 300 * 60,
      postStart: DEPLOYED_AT,
      postEnd: DEPLOYED_AT + 62 * 60,
      step: 60,
      settle: 0,
    });
    expect(document.provenance.warnings[0]?.message).toBe(
      "No --step was given: the step is 60 s, the most common distance between rows.",
    );
  });

  it("give the same document twice, but for the times of the run", async () => {
    const [first, second] = await Promise.all([json(panel("worse.csv")), json(panel("worse.csv"))]);
    const timeless = (document: ResultDocument) => ({
      ...document,
      provenance: { ...document.provenance, startedAt: "", durationMs: 0 },
    });
    expect(timeless(second)).toEqual(timeless(first));
  });

  it("come from standard input as well", async () => {
    const stdin = readFileSync(inFolder("ungrouped.csv"), "utf8");
    const document = await json(panel("-", "--treated", "eu-1,eu-2"), stdin);
    expect(document.slis[0]).toMatchObject({ id: "stdin", verdict: "regression" });
    expect(document.units.treated).toEqual(["eu-1", "eu-2"]);
  });

  it("may be several, judged together", async () => {
    const document = await json(panel("worse.csv", "--panel", "noisy.csv"));
    expect(document.slis.map(({ id }) => id)).toEqual(["worse", "noisy"]);
  });

  it("say when --treated overrules the column group", async () => {
    const { stdout } = await run(panel("worse.csv", "--treated", "us-1"));
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(
      "--treated names the treated units, so the column group of worse.csv is not looked at.",
    );
  });

  const withoutControls = (): string =>
    readFileSync(inFolder("worse.csv"), "utf8").replaceAll(/^.*,control,.*\n/gm, "");

  it("without controls are compared with their own past, and both are said", async () => {
    const { stdout } = await run(panel("-"), withoutControls());
    expect(stdout).toContain("INCONCLUSIVE: stdin");
    expect(stdout).toContain("2 treated units and no controls");
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("this rests on its own past");
  });

  it("without controls are counted as they are where controls were asked for", async () => {
    const { stdout } = await run(panel("-", "--design", "did"), withoutControls());
    expect(stdout).toContain("INVALID: no control units (stdin)");
    expect(stdout).toContain("2 treated and 0 control units.");
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("(for a panel: in its column 'group')");
  });

  it("without rows say so, and not that the data are complete", async () => {
    const { stdout } = await run(panel("empty.csv"));
    expect(stdout).toContain("empty.csv has a header and no rows.");
    expect(stdout).not.toMatch(/0 treated and 0 control|No gaps/);
  });

  it("obey every flag", async () => {
    const flags =
      "--pre 2h --post 30m --settle 5m --step 2m --alpha 0.1 --seed 9 --scale additive --inference cr2 --margin 0.5 --mode advisory";
    const document = await json(panel("worse.csv", ...flags.split(" ")));
    expect(document).toMatchObject({ mode: "advisory", windows: { step: 120, settle: 300 } });
    expect(document.plans[0]).toMatchObject({
      alpha: 0.1,
      seed: 9,
      scale: "additive",
      inference: "cr2",
      window: { preStart: DEPLOYED_AT - 7200, postEnd: DEPLOYED_AT + 300 + 1800, settle: 300, step: 120 },
    });
    expect(document.slis[0]?.margin.absolute).toBe(0.5);
  });

  it.each([
    [["--deployed-at", "2001-01-01T00:00:00Z"], "DEPLOY_OUTSIDE_DATA"],
    [["--deployed-at", "2199-01-01T00:00:00Z"], "DEPLOY_IN_FUTURE"],
    [["--deployed-at", String(Math.floor(Date.now() / 1000)), "--post", "1h"], "WINDOW_OPEN"],
  ])("that cannot answer say why: %j", async ([flag = "", value = "", ...more], code) => {
    const document = await json([...panel("worse.csv", ...more), flag, value]);
    expect(document).toMatchObject({ verdict: "invalid", reasonCodes: [code] });
    expect(document.slis[0]?.estimate).toBeNull();
  });
});

describe.concurrent("configs", () => {
  it("read files beside themselves, from wherever they are called", async () => {
    const document = await json(["check", "--config", "config.yml"]);
    expect(document.slis[0]).toMatchObject({ id: "latency", verdict: "regression" });
    expect(document.deployment.deployedAtSource).toBe("config");
  });

  it("give way to flags", async () => {
    const later = String(DEPLOYED_AT - 7200);
    const document = await json([
      "check",
      "--config",
      "config.yml",
      "--deployed-at",
      later,
      "--post",
      "30m",
      "--margin",
      "50%",
      "--seed",
      "4",
    ]);
    expect(document.deployment.deployedAtSource).toBe("flag");
    expect(document.plans[0]).toMatchObject({
      seed: 4,
      window: { deployedAt: DEPLOYED_AT - 7200, postEnd: DEPLOYED_AT - 7200 + 120 + 1800 },
    });
    expect(document.plans[0]?.slis[0]?.margin).toMatchObject({ value: 0.5, text: "50%" });
  });

  it("apply the environment that is asked for", async () => {
    expect(await json(["check", "--config", "config.yml", "--environment", "staging"])).toMatchObject({
      mode: "advisory",
      deployment: { environment: "staging" },
    });
  });

  it("with a mistake show its place and the nearest key", async () => {
    const { stderr, stdout } = await run(["check", "--config", "typo.yml"]);
    expect(stderr).toContain(
      'error: Unknown key "marign" in slis.latency; did you mean "margin"?\n  at typo.yml:6:63\nhint: ',
    );
    expect(stdout).toBe("");
  });
});

describe.concurrent("output", () => {
  it("of machines is alone on standard output", async () => {
    const { stdout, stderr } = await run(panel("worse.csv", "--format", "json"));
    expect(() => JSON.parse(stdout)).not.toThrow();
    expect(stderr).toBe("");
  });

  it.each([
    ["result.json", [], /^\{\n {2}"schemaVersion": 1,/],
    ["result.md", [], /^### /],
    ["result.html", [], /^<!doctype html>/i],
    ["result.txt", [], /^REGRESSION: /],
    ["result.dat", ["--format", "json"], /^\{\n/],
  ])("goes to %s, and a person still reads text", async (file, more, start) => {
    const { stdout } = await run(panel("worse.csv", "--out", file, ...more));
    expect(stdout).toMatch(/^REGRESSION: /);
    expect(readFileSync(inFolder(file), "utf8")).toMatch(start);
    expect(readdirSync(folder).filter((name) => name.includes(`.${file}.`))).toEqual([]);
  });

  it("that cannot be written leaves nothing behind and says so", async () => {
    const { exitCode, stdout, stderr } = await run(panel("worse.csv", "--out", "absent/result.json"));
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^REGRESSION: /);
    expect(stderr).toContain("absent/result.json cannot be written (ENOENT)");
  });

  it.each([["check"], ["report"]])("of %s in a file whose ending says nothing is refused", async (command) => {
    const { exitCode, stderr } = await run(
      command === "check" ? panel("worse.csv", "--out", "result.dat2") : ["report", "any.json", "--out", "result.dat2"],
    );
    expect(exitCode).toBe(64);
    expect(stderr).toContain("--out result.dat2: the ending does not say which format to write.");
    expect(readdirSync(folder)).not.toContain("result.dat2");
  });

  it("has no colours when nobody asked for them", async () => {
    const { stdout } = await run(panel("worse.csv"));
    expect(stdout).not.toContain("\u001b[");
  });

  it("may be cut off by its reader without an error", async () => {
    const ended = await new Promise<Ended>((resolve) => {
      const child = spawn(process.execPath, [CLI, ...panel("worse.csv", "--format", "json")], {
        cwd: folder,
        env: ENVIRONMENT,
      });
      let stderr = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      child.stdout.destroy();
      child.on("close", (exitCode) => resolve({ exitCode, stdout: "", stderr }));
    });
    expect(ended).toEqual({ exitCode: 1, stdout: "", stderr: "" });
  });
});

describe.concurrent("report and replay", () => {
  it("read what check wrote, from a file and from standard input", async () => {
    const { stdout: stored } = await run(panel("worse.csv", "--format", "json"));
    writeFileSync(inFolder("stored.json"), stored);
    const [markdown, same] = await Promise.all([
      run(["report", "stored.json", "--format", "markdown"]),
      run(["replay", "-"], stored),
    ]);
    expect(markdown).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^### .*Regression/) });
    expect(same).toMatchObject({ exitCode: 0, stdout: "Same result: regression, 1 SLI, every number equal.\n" });
  });

  it("replay exits 1 and names what differs", async () => {
    const document = await json(panel("worse.csv"));
    const changed = { ...document, verdict: "no-impact" };
    const { exitCode, stdout } = await run(["replay", "-"], JSON.stringify(changed));
    expect(exitCode).toBe(1);
    expect(stdout).toContain('verdict: "no-impact" stored, "regression" now');
  });

  it.each([["report"], ["replay"]])("%s of something else exits 3", async (command) => {
    expect((await run([command, "-"], "{}")).exitCode).toBe(3);
    expect((await run([command, "absent.json"])).exitCode).toBe(3);
  });
});

describe.concurrent("validate", () => {
  it("accepts a config without margins and proposes one", async () => {
    const { exitCode, stdout } = await run(["validate", "--config", "no-margin.yml"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/No margin is stated\. The smallest that these windows can rule out: `margin: [\d.]+%`/);
    expect(stdout).toContain("Treated: eu-1 and eu-2. Control: us-1, us-2 and us-3.");
  });

  it("warns of a margin that these windows can hardly rule out", async () => {
    writeFileSync(inFolder("tight.yml"), CONFIG.replace("margin: 5%", "margin: 0.001%"));
    const [tight, wide] = await Promise.all(
      ["tight.yml", "config.yml"].map((file) => run(["validate", "--config", file])),
    );
    expect(tight?.stdout).toMatch(/Margin 0\.001%; .*%: answers will often be inconclusive\. Lengthen `windows\.post`/);
    expect(wide?.stdout).not.toContain("inconclusive");
  });

  it("exits with the code of what it could not read, and still shows the rest", async () => {
    const text = CONFIG.replace("slis: [", "slis: [{ id: gone, kind: gauge, query: renamed, worse: up, margin: 1 }, ");
    writeFileSync(inFolder("gone.yml"), text);
    const { exitCode, stdout } = await run(["validate", "--config", "gone.yml"]);
    expect(exitCode).toBe(64);
    expect(stdout).toContain("renamed");
    expect(stdout).toContain("latency (gauge, worse up");
  });

  it("speaks JSON", async () => {
    const { stdout } = await run(["validate", "--config", "config.yml", "--format", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({ slis: [{ id: "latency", ok: true, description: { step: 60 } }] });
  });
});

describe.concurrent("help", () => {
  it.each([["check"], ["validate"], ["report"], ["replay"]])(
    "of %s shows an example that works with shipped files",
    async (command) => {
      const { exitCode, stdout } = await run([command, "--help"]);
      expect(exitCode).toBe(0);
      const example = /\$ deploy-impact (.*)/.exec(stdout)?.[1] ?? "";
      const [file] = /examples\/\S+\.yml/.exec(example) ?? [];
      expect(readFileSync(path.join(ROOT, file ?? "no example"), "utf8")).toContain("version: 1");
      expect(example).toContain(command);
    },
  );

  it("and version go to standard output", async () => {
    const { version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(await run(["--version"])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
    const { stdout } = await run(["--help"]);
    const listed = ["check", "validate", "plan", "backtest", "report", "replay", "estimate", "ledger"];
    for (const command of listed) expect(stdout).toMatch(new RegExp(`^ +${command}\\b`, "m"));
  });

  it("is near when a flag or command is misspelled", async () => {
    expect((await run(["check", "--directoin", "up"])).stderr).toContain("Did you mean --direction?");
    expect((await run(["repaly"])).stderr).toContain("Did you mean replay?");
  });
});
