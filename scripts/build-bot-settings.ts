/** Writes the table of settings into docs/operating.md from the variables that the bot reads. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { VARIABLES } from "../src/bot/read-settings.ts";

const PAGE = fileURLToPath(new URL("../docs/operating.md", import.meta.url));
const MARKERS = /(<!-- settings: begin -->\n)[\s\S]*?(<!-- settings: end -->)/;

export function settingsTable(): string {
  const rows = Object.entries(VARIABLES).map(([name, variable]) => {
    const example = variable.example.startsWith("(") ? variable.example.slice(1, -1) : variable.example;
    return `| \`${name}\` | ${variable.about} | ${variable.takes} | ${defaultOf(variable)} | \`${example}\` |`;
  });
  return ["| variable | what it is | takes | default | example |", "|---|---|---|---|---|", ...rows, ""].join("\n");
}

function defaultOf(variable: (typeof VARIABLES)[keyof typeof VARIABLES]): string {
  if (!("fallback" in variable)) return "**needed**";
  const { fallback } = variable;
  if (fallback === null || (Array.isArray(fallback) && fallback.length === 0)) return "not set";
  // The only default that is a span.
  return fallback === VARIABLES.RETENTION.fallback ? "`400d`" : `\`${fallback}\``;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE, readFileSync(PAGE, "utf8").replace(MARKERS, `$1${settingsTable()}$2`));
}
