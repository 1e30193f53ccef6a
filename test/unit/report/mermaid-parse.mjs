/** Parses chart sources with one version of Mermaid: `node mermaid-parse.mjs PACKAGE < sources.json`. */
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><body></body>");
Object.assign(globalThis, {
  window,
  document: window.document,
  Element: window.Element,
  HTMLElement: window.HTMLElement,
});
const { default: mermaid } = await import(process.argv[2] ?? "mermaid");
mermaid.initialize({ startOnLoad: false });
const outcomes = [];
for (const source of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    outcomes.push((await mermaid.parse(source)) === false ? "rejected" : "ok");
  } catch (error) {
    outcomes.push(String(error).slice(0, 300));
  }
}
process.stdout.write(`\n@@${JSON.stringify(outcomes)}`);
