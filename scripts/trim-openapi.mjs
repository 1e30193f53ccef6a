/**
 * Cuts GitHub's published OpenAPI description down to the calls that deploy-impact makes and writes
 * test/contract/github-openapi.json. References are followed; texts and examples are dropped.
 *
 *   mkdir scratch && cd scratch && npm init -y && npm i @octokit/openapi@23.0.2
 *   node ../scripts/trim-openapi.mjs node_modules/@octokit/openapi/generated/api.github.com.json
 *
 * The package is 385 MB and therefore no dependency.
 */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

const OUT = path.resolve(import.meta.dirname, "../test/contract/github-openapi.json");

/** Every call, with the answers that a test may look at (others are served as plain errors). */
const CALLS = {
  "/user": { get: ["200"] },
  "/repos/{owner}/{repo}": { get: ["200"] },
  "/repos/{owner}/{repo}/contents/{path}": { get: ["200"] },
  "/repos/{owner}/{repo}/commits": { get: ["200"] },
  "/repos/{owner}/{repo}/commits/{ref}": { get: ["200"] },
  "/repos/{owner}/{repo}/commits/{ref}/check-runs": { get: ["200"] },
  "/repos/{owner}/{repo}/commits/{commit_sha}/pulls": { get: ["200"] },
  "/repos/{owner}/{repo}/compare/{basehead}": { get: ["200"] },
  "/repos/{owner}/{repo}/check-runs": { post: ["201"] },
  "/repos/{owner}/{repo}/check-runs/{check_run_id}": { get: ["200"], patch: ["200"] },
  "/repos/{owner}/{repo}/deployments": { get: ["200"], post: ["201"] },
  "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses": { get: ["200"] },
  "/repos/{owner}/{repo}/pulls": { get: ["200"] },
  "/repos/{owner}/{repo}/pulls/{pull_number}": { get: ["200"] },
  "/repos/{owner}/{repo}/pulls/{pull_number}/files": { get: ["200"] },
  "/repos/{owner}/{repo}/issues/{issue_number}/comments": { get: ["200"], post: ["201"] },
  "/repos/{owner}/{repo}/issues/comments/{comment_id}": { patch: ["200"], delete: ["204"] },
  "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions": { post: ["200", "201"] },
  "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}": { delete: ["204"] },
  "/repos/{owner}/{repo}/issues": { get: ["200"], post: ["201"] },
  "/repos/{owner}/{repo}/issues/{issue_number}": { get: ["200"], patch: ["200"] },
  "/repos/{owner}/{repo}/collaborators/{username}/permission": { get: ["200"] },
  "/repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule": { post: ["204"] },
  "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches": { post: ["204"] },
  "/repos/{owner}/{repo}/dispatches": { post: ["204"] },
  "/app/installations/{installation_id}/access_tokens": { post: ["201"] },
};

/** Texts for people; dropped only where they annotate a schema, never where a property has that name. */
const TEXTS = new Set(["description", "summary", "example", "examples", "externalDocs", "x-github", "tags", "title"]);

function withoutTexts(value, isPropertyMap = false) {
  if (Array.isArray(value)) return value.map((item) => withoutTexts(item));
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).filter(([key]) => isPropertyMap || !TEXTS.has(key));
  return Object.fromEntries(
    kept.map(([key, item]) => [key, withoutTexts(item, key === "properties" && !isPropertyMap)]),
  );
}

function operation(original, statuses) {
  const { operationId, parameters, requestBody, responses } = original;
  const kept = Object.fromEntries(statuses.map((status) => [status, { content: responses[status].content }]));
  return { operationId, parameters, requestBody, responses: kept };
}

function followReferences(full, root) {
  const components = {};
  const visit = (value) => {
    if (value === null || typeof value !== "object") return;
    if (typeof value.$ref === "string") {
      const [, , section, name] = value.$ref.split("/");
      components[section] ??= {};
      if (!(name in components[section])) {
        components[section][name] = withoutTexts(full.components[section][name]);
        visit(components[section][name]);
      }
    }
    for (const item of Object.values(value)) visit(item);
  };
  visit(root);
  return components;
}

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error("usage: node scripts/trim-openapi.mjs PATH-TO-api.github.com.json");
const full = JSON.parse(await readFile(source, "utf8"));
const paths = Object.fromEntries(
  Object.entries(CALLS).map(([route, methods]) => [
    route,
    Object.fromEntries(
      Object.entries(methods).map(([method, statuses]) => [
        method,
        withoutTexts(operation(full.paths[route][method], statuses)),
      ]),
    ),
  ]),
);
const document = {
  openapi: full.openapi,
  info: { title: "GitHub REST API, trimmed", version: full.info.version, license: full.info.license },
  paths,
  components: followReferences(full, paths),
};
const text = JSON.stringify(document);
await writeFile(OUT, `${text}\n`);
console.log(`${Object.keys(paths).length} paths, ${(text.length / 1000).toFixed(0)} kB`);
