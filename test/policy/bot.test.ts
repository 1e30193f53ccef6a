/** What the bot is packed in is checked here by reading it; no container is built or run. */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { settingsTable } from "../../scripts/build-bot-settings.ts";
import { METRICS } from "../../src/bot/observe/metrics.ts";
import { VARIABLES } from "../../src/bot/read-settings.ts";
import { WEBHOOK_PATH } from "../../src/bot/server/intake.ts";
import { CALLBACK_PATH } from "../../src/bot/web/site.ts";
import { KEPT } from "../../src/bot/webhooks/trim.ts";
import { filesUnder, textOf } from "./repository.ts";

const page = textOf("docs/operating.md");
const manifest = parse(textOf("app.yml"));
const names = Object.keys(VARIABLES);

/** GitHub sends these to every App. */
const UNASKED = ["installation", "installation_repositories"];

describe("app.yml", () => {
  it("asks for the events that have a handler, and no others", () => {
    expect([...manifest.default_events, ...UNASKED].sort()).toEqual(Object.keys(KEPT).sort());
  });

  it("asks for the permissions that docs/operating.md explains", () => {
    const table = page.slice(page.indexOf("| permission | level | for |"));
    const documented = [...table.matchAll(/^\| `([a-z_]+)` \| (read|write) \| (.+) \|$/gm)];
    expect(Object.fromEntries(documented.map(([, name, level]) => [name, level]))).toEqual(
      manifest.default_permissions,
    );
  });

  it("says why, line by line", () => {
    const lines = textOf("app.yml").split("\n");
    const asked = lines.filter((line) => /^ {2}(- \w+|\w+: (read|write))$/.test(line));
    const unexplained = asked.filter((line) => !/^ {2}# /.test(lines[lines.indexOf(line) - 1] ?? ""));
    expect(asked.length).toBeGreaterThan(10);
    expect(unexplained).toEqual([]);
  });

  it("sends webhooks and sign-ins to the addresses that the server has", () => {
    expect(new URL(manifest.hook_attributes.url).pathname).toBe(WEBHOOK_PATH);
    expect(manifest.callback_urls.map((url: string) => new URL(url).pathname)).toEqual([CALLBACK_PATH]);
  });
});

describe("docs/operating.md", () => {
  it("lists every setting as the bot reads it (npx node scripts/build-bot-settings.ts)", () => {
    expect(page).toContain(settingsTable());
  });

  it("lists every metric", () => {
    expect(Object.keys(METRICS).filter((name) => !page.includes(`\`${name}`))).toEqual([]);
  });

  it("names every event that is handled", () => {
    expect(Object.keys(KEPT).filter((event) => !page.includes(`\`${event}\``))).toEqual([]);
  });
});

describe("the container files", () => {
  const docker = textOf("Dockerfile");
  const compose = parse(textOf("compose.yaml"), { merge: true });
  const { scripts, engines } = JSON.parse(textOf("package.json"));

  it("start what npm start starts", () => {
    const [, command] = /^CMD \["node", "(\S+)"\]$/m.exec(docker) ?? [];
    expect(scripts.start).toBe(`node --env-file-if-exists=.env ${command}`);
    expect(scripts.bot).toBe(scripts.start);
    expect(filesUnder("src")).toContain(command);
  });

  it("run as a user without rights, from images that are pinned, on a Node that runs TypeScript", () => {
    const images = [...docker.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    const { postgres } = compose.services;
    for (const image of [...images, postgres.image]) expect(image).toMatch(/^[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+$/);
    expect(images[0]).toMatch(/^node:24\./);
    expect(engines.node).toBeDefined();
    expect(docker.lastIndexOf("\nUSER node")).toBeGreaterThan(docker.lastIndexOf("\nFROM "));
  });

  it("copy files that exist, and let no others into the build", () => {
    const copied = [...docker.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) => (files ?? "").split(" "));
    const root = filesUnder(".");
    expect(copied.filter((name) => !root.some((file) => file === name || file.startsWith(`${name}/`)))).toEqual([]);
    const allowed = textOf(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"));
    expect(allowed.map((line) => line.slice(1)).sort()).toEqual([...new Set(copied)].sort());
  });

  it("give every process settings that it knows, and time to end", () => {
    const { web, worker, postgres } = compose.services;
    for (const service of [web, worker]) {
      expect(Object.keys(service.environment).filter((name) => !names.includes(name))).toEqual([]);
      expect(service.stop_grace_period).toBe("30s");
      expect(service.depends_on).toHaveProperty("postgres");
    }
    expect([web.environment.ROLE, worker.environment.ROLE]).toEqual(["web", "worker"]);
    expect(worker.deploy.replicas).toBeGreaterThan(1);
    expect(web.environment.DATABASE_URL).toContain(`@postgres:5432/${postgres.environment.POSTGRES_DB}`);
  });

  it("name in .env.example every setting, and nothing else", () => {
    const listed = [...textOf(".env.example").matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(listed.filter((name) => name !== "POSTGRES_PASSWORD").sort()).toEqual([...names].sort());
  });
});
