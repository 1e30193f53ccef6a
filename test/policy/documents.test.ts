import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { filesUnder, ROOT, textOf } from "./repository.ts";

const run = promisify(execFile);
const pages = filesUnder(".").filter((file) => file.endsWith(".md"));
const readme = textOf("README.md");

function blocks(page: string, language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    (match) => match[1] ?? "",
  );
}

describe("documents", () => {
  it("link only to files that exist", () => {
    const broken = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)]*)?\)/g)]
        .map((match) => match[1] ?? "")
        .filter((target) => !existsSync(path.join(ROOT, path.dirname(page), target)))
        .map((target) => `${page} -> ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it("name only files of the repository in their commands", () => {
    const named = pages.flatMap((page) =>
      [...textOf(page).matchAll(/--config (examples\/\S+)/g)].map((match) => match[1]),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((file) => !existsSync(path.join(ROOT, file ?? "")))).toEqual([]);
  });
});

describe("README", () => {
  const sessions = blocks(readme, "text").filter((block) => block.startsWith("$ node dist/cli.js "));

  it("shows a session of the command line", () => {
    expect(sessions.length).toBeGreaterThan(0);
  });

  it.each(sessions)("shows what the command really prints: %s", (session) => {
    const [command = "", ...output] = session.trimEnd().split("\n");
    const args = command.replace("$ node ", "").split(" ");
    const { stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8", env: { NO_COLOR: "1" } });
    const printed = stdout.trimEnd().split("\n");
    // A last line "…" says that more follows.
    const shown = output.at(-1) === "…" ? output.slice(0, -1) : output;
    expect(shown).toEqual(shown.length < output.length ? printed.slice(0, shown.length) : printed);
    expect(shown.length).toBeGreaterThan(1);
  });

  it("shows a title and a comment line as the surfaces give them", () => {
    const title = textOf("test/surfaces/regression/check-full.md").split("\n")[0] ?? "";
    const heading = textOf("test/surfaces/regression/comment-full.md").split("\n")[1] ?? "";
    expect(title).toMatch(/^Regression: /);
    expect(readme).toContain(`| ${title} |`);
    expect(readme).toContain(`| ${heading.replace("### ", "")} |`);
  });

  it("shows a workflow that passes GitHub's language service", async () => {
    const workflows = blocks(readme, "yaml").filter((block) => /^jobs:/m.test(block));
    expect(workflows).toHaveLength(1);
    const folder = await mkdtemp(path.join(tmpdir(), "readme-"));
    const file = path.join(folder, "deploy-impact.yml");
    await writeFile(file, workflows[0] ?? "");
    const { stdout } = await run(process.execPath, ["scripts/lint-workflows.mjs", file], { cwd: ROOT });
    expect(stdout).toContain("1 files checked, 0 problems");
    await rm(folder, { recursive: true });
  });
});
