import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** The repository as the policy tests see it: what is in the working tree, without what is installed or ignored. */
export const ROOT: string = path.resolve(import.meta.dirname, "../..");

const NOT_OURS = new Set(["node_modules", "coverage", ".git", "tmp"]);

/** Paths relative to the root, with forward slashes, sorted. */
export function filesUnder(folder: string): readonly string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const name = folder === "." ? entry.name : `${folder}/${entry.name}`;
      if (NOT_OURS.has(entry.name)) return [];
      return entry.isDirectory() ? filesUnder(name) : [name];
    })
    .sort();
}

export function foldersIn(folder: string): readonly string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !NOT_OURS.has(entry.name))
    .map((entry) => entry.name)
    .sort();
}

export function textOf(file: string): string {
  return readFileSync(path.join(ROOT, file), "utf8");
}

/** `file:line text` of every line that matches. */
export function linesMatching(files: readonly string[], pattern: RegExp): readonly string[] {
  return files.flatMap((file) =>
    textOf(file)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1} ${line.trim().slice(0, 160)}`] : [])),
  );
}
