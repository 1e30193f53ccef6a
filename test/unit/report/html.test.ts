import { JSDOM } from "jsdom";
import { describe, expect, test } from "vitest";
import { buildReport } from "../../../src/report/build.ts";
import { renderHtml } from "../../../src/report/views/html.ts";
import { ON_GITHUB } from "../../surfaces/contexts.ts";
import { DOCUMENTS, type DocumentName } from "../../surfaces/documents.ts";

const names = Object.keys(DOCUMENTS) as DocumentName[];

describe.each(names)("%s", (name) => {
  const html = renderHtml(buildReport(DOCUMENTS[name], ON_GITHUB));
  const { document } = new JSDOM(html).window;

  test("needs nothing but itself", () => {
    expect(document.querySelectorAll("script, link, img, iframe, object, embed, form").length).toBe(0);
    expect(html).not.toMatch(/url\(|@import|\sstyle="|\son[a-z]+="/);
    const addresses = [...document.querySelectorAll("[href], [src]")].map(
      (element) => element.getAttribute("href") ?? element.getAttribute("src"),
    );
    expect(addresses.every((address) => address?.startsWith("https://git.example.com/"))).toBe(true);
    expect(document.querySelector("meta[http-equiv='Content-Security-Policy']")?.getAttribute("content")).toContain(
      "default-src 'none'",
    );
  });

  test("can be read without seeing it", () => {
    expect(document.querySelectorAll("h1").length).toBe(1);
    for (const drawing of document.querySelectorAll("svg")) {
      expect(drawing.getAttribute("role")).toBe("img");
      expect(drawing.querySelector("title")?.textContent).not.toBe("");
      expect(drawing.querySelector("desc")?.textContent).not.toBe("");
    }
    for (const table of document.querySelectorAll("table")) {
      expect(table.querySelectorAll("thead th[scope=col]").length).toBeGreaterThan(1);
      for (const row of table.querySelectorAll("tbody tr"))
        expect(row.querySelectorAll("th[scope=row]").length).toBe(1);
    }
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const labelled of document.querySelectorAll("[aria-labelledby]")) {
      for (const id of (labelled.getAttribute("aria-labelledby") ?? "").split(" ")) expect(ids).toContain(id);
    }
  });

  test("draws numbers, not holes", () => {
    expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  test("the first heading is the answer", () => {
    const heading = (document.querySelector("h1")?.textContent ?? "").replaceAll("\u00a0", " ");
    expect(heading).toBe(buildReport(DOCUMENTS[name], ON_GITHUB).title);
  });
});

test("the same result makes the same bytes", () => {
  expect(renderHtml(buildReport(DOCUMENTS.regression, ON_GITHUB))).toBe(
    renderHtml(buildReport(DOCUMENTS.regression, ON_GITHUB)),
  );
});
