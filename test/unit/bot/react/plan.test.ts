import { describe, expect, it } from "vitest";
import { reactionNotes } from "../../../../src/bot/react/notes.ts";
import { planReactions } from "../../../../src/bot/react/plan.ts";
import { withBlock } from "../../../../src/bot/react/show.ts";
import type { Reaction } from "../../../../src/bot/store/reactions.ts";
import { occasion } from "./occasions.ts";

const ALERTS = `alerts:
  - { to: slack, url-env: A, when: page, dry-run: false }
  - { to: slack, url-env: B, when: ticket, dry-run: false }
  - { to: github-issue }
`;

describe("what a regression asks for", () => {
  it("depends on its severity: pages go to the pagers, tickets to the others", () => {
    const given = occasion(ALERTS);
    const receivers = (level: "page" | "ticket") =>
      planReactions({ ...given, severity: { level, basis: "margin", burn: null, margins: 1 } }).map(
        ({ detail }) => detail.does === "alert" && detail.alert.to === "slack" && detail.alert.urlEnv,
      );
    expect(receivers("page")).toEqual(["A", false]);
    expect(receivers("ticket")).toEqual(["B", false]);
  });

  it("happens once a deploy, but brings an issue up to date with every verdict", () => {
    const given = occasion(ALERTS);
    const again = { ...given, verdict: { ...given.verdict, id: "another" } };
    const [first, second] = [planReactions(given), planReactions(again)];
    expect(second[0]?.key).toBe(first[0]?.key);
    expect(second[1]?.key).not.toBe(first[1]?.key);
  });

  it("keeps its limit when something else in the entry changes, not when the receiver does", () => {
    const entry = (line: string) => planReactions(occasion(`alerts: [${line}]\n`))[0]?.detail.entry;
    const one = entry("{ to: slack, url-env: A }");
    expect(entry("{ to: slack, url-env: A, when: page, dry-run: false, at-most: 9 per 1h }")).toBe(one);
    expect(entry("{ to: slack, url-env: B }")).not.toBe(one);
  });

  it.each([
    ["", "dry-run"],
    ["dry-run: false", "click"],
    ["dry-run: false, when: at-once", "send"],
    ["when: at-once", "dry-run"],
  ])("a rollback with { %s } is a wish to %s", (more, wish) => {
    const text = `rollback: { how: deployment${more === "" ? "" : `, ${more}`} }\n`;
    expect(planReactions(occasion(text)).map((one) => one.wish)).toEqual([wish]);
  });
});

describe("what was done, in a public repository", () => {
  it("names no host that a receiver's error holds", () => {
    const { tenant } = occasion("", { isPrivate: false }).verdict;
    const reaction: Reaction = {
      id: "1",
      verdictId: "2",
      tenant,
      environment: "production",
      kind: "webhook",
      state: "failed",
      detail: {
        does: "alert",
        alert: {
          to: "webhook",
          urlEnv: "HOOK",
          secretEnv: null,
          tokenEnv: null,
          when: "page",
          dryRun: false,
          atMost: { count: 1, per: 60 },
        },
        severity: "page",
        entry: "e",
        request: null,
      },
      attempts: 1,
      url: null,
      error: "alerts.corp.example is out of bounds",
      createdAt: 0,
      sentAt: null,
    };
    expect(reactionNotes([reaction])[0]?.what).toBe("should have told the webhook in HOOK (page)");
    expect(reactionNotes([{ ...reaction, tenant: { ...tenant, isPrivate: true } }])[0]?.what).toContain("corp.example");
  });
});

describe("the block of reactions", () => {
  const block = "<!-- deploy-impact:reactions -->\nnew\n<!-- /deploy-impact:reactions -->";

  it.each([
    ["a\n\n<details>x</details>\n\n<sub>f</sub>", `a\n\n${block}\n\n<details>x</details>\n\n<sub>f</sub>`],
    ["a\n\n<sub>f</sub>", `a\n\n${block}\n\n<sub>f</sub>`],
    ["a", `a\n\n${block}\n`],
    [`a\n${block.replace("new", "old")}\nb`, `a\n${block}\nb`],
  ])("finds its place in %j", (text, expected) => {
    expect(withBlock(text, block)).toBe(expected);
    expect(withBlock(withBlock(text, block), block)).toBe(expected);
  });
});
