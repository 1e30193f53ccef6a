import type { HttpClient, HttpRequest } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { parseJson } from "../http/json.ts";
import type { Row } from "../rows.ts";
import type { Filling } from "../template.ts";
import { unusable } from "../unusable.ts";
import type { HttpJsonOptions } from "./options.ts";
import { fill, fillJson } from "./placeholders.ts";
import { type Layout, readRows } from "./read.ts";
import { parsePath, select } from "./select.ts";

/** An API that repeats a page for ever must not hold a run. */
const MOST_PAGES = 10_000;

interface Pages {
  readonly options: HttpJsonOptions;
  readonly client: HttpClient;
  readonly layout: Layout;
  readonly filling: Filling;
  readonly what: string;
}

interface Page {
  readonly rows: readonly Row[];
  readonly places: number;
  /** Token or address of the next page; null: there is none. */
  readonly next: string | null;
  readonly error: string;
}

/** The rows of all pages. */
export async function readPages(pages: Pages): Promise<Row[]> {
  const { options, client, what } = pages;
  const rows: Row[] = [];
  const seen = new Set<string>();
  let link: string | null = null;
  let filling: Filling = { ...pages.filling, page: options.pages?.first ?? 1, offset: 0 };
  for (let count = 1; count <= MOST_PAGES; count += 1) {
    const page: Page = await client.send(requestFor({ ...pages, filling }, link));
    if (page.error !== "")
      throw unusable(what, client.showable(page.error), `Change ${what} so that the API accepts it.`);
    for (const row of page.rows) rows.push(row);
    if (options.pages?.until !== undefined) {
      if (page.places === 0) return rows;
      filling = { ...filling, page: Number(filling.page) + 1, offset: Number(filling.offset) + page.places };
      continue;
    }
    if (page.next === null) return rows;
    if (seen.has(page.next)) throw unusable(what, "it names the same next page twice", "Check `pages` of the source.");
    seen.add(page.next);
    if (options.pages?.link !== undefined) link = pathBelow(options.url, page.next, what);
    else filling = { ...filling, cursor: page.next };
  }
  throw unusable(what, `it goes on after ${MOST_PAGES} pages`, "Check `pages` of the source, or ask for larger pages.");
}

function requestFor(pages: Pages, link: string | null): HttpRequest<Page> {
  const { options, filling, what } = pages;
  const asked = { what, read: (body: string) => readPage(body, pages), explain: explainAnyError };
  const { body } = options;
  const parameters = Object.entries(options.parameters ?? {})
    .map(([name, text]) => [name, fill(text, filling)] as const)
    .flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]]));
  const post = postOf(options, filling);
  const own = { path: fill(options.path ?? "", filling, encodeURIComponent) ?? "", parameters };
  const where = link === null ? own : { path: link, parameters: [] };
  return { ...asked, ...where, ...(post !== undefined && !(link !== null && body === undefined) && { post }) };
}

function postOf(options: HttpJsonOptions, filling: Filling): HttpRequest<Page>["post"] {
  const { body, method } = options;
  if (typeof body === "string") {
    return { type: options["content-type"] ?? "text/plain", text: fill(body, filling) ?? "" };
  }
  if (body !== undefined) return { type: "application/json", text: JSON.stringify(fillJson(body, filling)) };
  return method === "POST" ? "form" : undefined;
}

/** Another address could be another host, which must not see the credentials. */
function pathBelow(url: string, next: string, what: string): string {
  const base = url.replace(/\/+$/, "");
  const target = next.startsWith("/") ? `${new URL(base).origin}${next}` : next;
  if (target.startsWith(`${base}/`) || target.startsWith(`${base}?`)) return target.slice(base.length);
  throw unusable(
    what,
    "its next page lies at another address, which is not followed so that no credentials leave",
    "Set `url` of the source to what all pages have in common.",
  );
}

function readPage(body: string, { options, layout }: Pages): ReturnType<HttpRequest<Page>["read"]> {
  const json = parseJson(body);
  if (!json.ok) return json;
  const answer = json.value;
  const error = textAt(options.error, answer) ?? "";
  const reading = error === "" ? readRows(answer, layout) : ({ ok: true, rows: [], places: 0 } as const);
  if (!reading.ok) return reading;
  const next = textAt(options.pages?.cursor ?? options.pages?.link, answer);
  return { ok: true, value: { rows: reading.rows, places: reading.places, next: next === "" ? null : next, error } };
}

function textAt(template: string | undefined, answer: unknown): string | null {
  const path = template === undefined ? null : parsePath(template);
  const value = path === null ? undefined : select(path, answer, { name: "", value: answer })[0]?.value;
  if (value === undefined || value === null || value === false) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}
