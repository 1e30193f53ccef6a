import type { OutlookDocument, SliOutlook } from "../../core/history/result.ts";
import { count } from "../format.ts";
import { type Block, left, list, type Page, page, right, text } from "./page.ts";
import { harmText, historySentences, marginOf, marginText, nameOf, percent, spanText } from "./words.ts";

/** What `plan` found, for a person. */
export function outlookPage(document: OutlookDocument): Page {
  const { refused, slis, history } = document;
  if (refused !== null) {
    return page(`No answer: ${refused.message}`, [text(refused.hint), text(historySentences(document)[0] ?? "")]);
  }
  return page(headline(document), [
    ...slis.flatMap((sli) => [text(shortestSentence(sli)), postTable(sli), fewerTable(sli)]),
    text(
      "would see: the harm that is called a regression in four of five cases, by the error of the middle window (mostly: of four windows in five). can rule out: the smallest margin that a quiet deploy rules out in four of five cases. did: share of the fake deploys that really ruled the stated margin out.",
    ),
    text(
      `Up to ${count(document.times, "fake deploy")} per row, at times drawn over the history.`,
      ...historySentences(document),
    ),
    list("Notes", history.notes),
  ]);
}

/** `With this config you can see +8% in 30m, +5% in 1h (as configured) or +3% in 4h (p95-latency).` */
function headline({ slis, history }: OutlookDocument): string {
  const parts = slis.flatMap((sli) => {
    const own = history.services.find(({ service }) => service === sli.service)?.post;
    const shown = sli.posts.filter(({ mde }) => harmText(sli, mde, ({ median }) => median) !== "-");
    const wanted = shown.filter((cell, i) => i === 0 || i === shown.length - 1 || cell.post === own);
    if (wanted.length === 0) return [];
    const see = wanted.map(({ mde, post }) => {
      const as = post === own ? " (as configured)" : "";
      return `${harmText(sli, mde, ({ median }) => median)} in ${spanText(post)}${as}`;
    });
    const either = see.length < 2 ? see.join("") : `${see.slice(0, -1).join(", ")} or ${see.at(-1) ?? ""}`;
    return [slis.length === 1 ? either : `${nameOf(sli)} ${either}`];
  });
  return parts.length === 0
    ? "No post window that was tried gives an effect that could be seen."
    : `With this config you can see: ${parts.join("; ")}.`;
}

function shortestSentence(sli: SliOutlook): string {
  const name = nameOf(sli);
  const longest = sli.posts.at(-1)?.post;
  if (sli.margin.value === 0) return `${name}: no margin is stated, so there is nothing to rule out.`;
  if (sli.shortest !== null) {
    return `${name}: the shortest post window with which four of five quiet deploys rule out the margin of ${marginOf(sli)} is ${spanText(sli.shortest)}.`;
  }
  return longest === undefined
    ? `${name}: the history has no room for any of the windows.`
    : `${name}: no post window up to ${spanText(longest)} rules out the margin of ${marginOf(sli)} in four of five quiet deploys. Tolerate more, or add units.`;
}

function postTable(sli: SliOutlook): Block | null {
  if (sli.posts.length === 0) return null;
  const answered = sli.posts.some(({ runs, answered: said }) => said < runs);
  return {
    type: "table",
    columns: [
      right("post window"),
      ...["would see", "mostly", "can rule out", "did", ...(answered ? ["answered"] : [])].map(right),
    ],
    rows: sli.posts.map(({ post, mde, reach, ruledOut, runs, answered: said }) => [
      spanText(post),
      harmText(sli, mde, ({ median }) => median),
      harmText(sli, mde, ({ p80 }) => p80),
      marginText(sli, reach, ({ median }) => median),
      percent(ruledOut),
      ...(answered ? [`${said} of ${runs}`] : []),
    ]),
  };
}

function fewerTable(sli: SliOutlook): Block | null {
  if (sli.fewer.length === 0) return null;
  return {
    type: "table",
    columns: [left("with fewer units"), ...["would see", "mostly", "can rule out"].map(right)],
    rows: sli.fewer.map(({ treated, control, mde, reach }) => [
      `${treated} treated, ${control} control`,
      harmText(sli, mde, ({ median }) => median),
      harmText(sli, mde, ({ p80 }) => p80),
      marginText(sli, reach, ({ median }) => median),
    ]),
  };
}
