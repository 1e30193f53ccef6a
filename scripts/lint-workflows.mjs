/**
 * Checks workflows and action manifests with GitHub's own language service, offline: unknown keys, triggers, contexts,
 * a runtime that does not exist. `node scripts/lint-workflows.mjs [FILE...]`; without files everything the repository has.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import path from "node:path";

// The language service imports its JSON tables without the import attribute that Node asks for.
registerHooks({
  load: (url, context, next) =>
    next(
      url,
      url.startsWith("file:") && url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context,
    ),
});
const { validate } = await import("@actions/languageservice");
const { TextDocument } = await import("vscode-languageserver-textdocument");

const ROOT = path.resolve(import.meta.dirname, "..");
const WORKFLOWS = ".github/workflows";

function repositoryFiles() {
  const workflows = readdirSync(path.join(ROOT, WORKFLOWS)).filter((name) => /\.ya?ml$/.test(name));
  const manifests = ["action.yml"].filter((name) => existsSync(path.join(ROOT, name)));
  return [...manifests, ...workflows.map((name) => `${WORKFLOWS}/${name}`)].map((name) => path.join(ROOT, name));
}

const files = process.argv.length > 2 ? process.argv.slice(2) : repositoryFiles();
const SEVERITIES = ["", "error", "warning", "info", "hint"];
let problems = 0;
for (const file of files) {
  const document = TextDocument.create(`file:///${path.basename(file)}`, "yaml", 1, readFileSync(file, "utf8"));
  for (const found of await validate(document, {})) {
    problems += 1;
    const { line, character } = found.range.start;
    const severity = SEVERITIES[found.severity ?? 1];
    const message = typeof found.message === "string" ? found.message : found.message.value;
    console.error(`${path.relative(ROOT, path.resolve(file))}:${line + 1}:${character + 1} ${severity} ${message}`);
  }
}
console.log(`${files.length} files checked, ${problems} problems`);
process.exit(problems > 0 || files.length === 0 ? 1 : 0);
