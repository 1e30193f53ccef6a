import type { OutlookDocument, SliOutlook } from "../../core/history/result.ts";
import { count, listing } from "../format.ts";
import { type Block, left, list, type Page, page, right, text } from "./page.ts";
import { harmText, historySentences, marginOf, marginText, nameOf, percent, spanText } from "./words.ts";

/** What `plan` found, for a person. */
export function outlookPage(document: OutlookDocument): Page {
  const { refused, slis, history } = document;
  if (refused !== null) {
    return page(`No answer: ${refused.message}`, [text(refused.hint), text(historySentences(document)[0] ?? "")]);
  }
  return page(headline(slis), [
    ...slis.flatMap((sli) => [text(shortestSentence(sli)), postTable(sli), fewerTable(sli)]),
    text(
      `would see: the harm that is called a regression in four of five cases, in the middle window and in four of five windows. rules out: the margin that is ruled out in four of five cases when nothing happened. ruled out: share of the fake deploys at which it really was.`,
    ),
    text(
      `Up to ${count(document.times, "fake deploy")} per row, at times drawn over the history.`,
      ...historySentences(document),
    ),
    list("Notes", history.notes),
  ]);
}

/** `With this config you can see +8% in 30m or +3% in 4h (p95-latency).` */
function headline(slis: readonly SliOutlook[]): string {
  const parts = slis.flatMap((sli) => {
    const shown = sli.posts.filter(({ mde }) => harmText(sli, mde, ({ median }) => median) !== "-");
    const [first, last] = [shown[0], shown.at(-1)];
    if (first === undefined || last === undefined) return [];
    const see = ({ mde, post }: typeof first): string =>
      `${harmText(sli, mde, ({ median }) => median)} in ${spanText(post)}`;
    const both = first === last ? see(first) : `${see(first)} or ${see(last)}`;
    return [slis.length === 1 ? both : `${both} (${nameOf(sli)})`];
  });
  return parts.length === 0
    ? "No post window that was tried gives an effect that could be seen."
    : `With this config you can see ${listing(parts, 4)}.`;
}

function shortestSentence(sli: SliOutlook): string {
  const name = nameOf(sli);
  const longest = sli.posts.at(-1)?.post;
  if (sli.margin.value === 0) return `${name}: no margin is stated, so there is nothing to rule out.`;
  if (sli.shortest !== null) {
    return `${name}: the shortest window that rules out the margin of ${marginOf(sli)} is ${spanText(sli.shortest)}.`;
  }
  return longest === undefined
    ? `${name}: the history has no room for any of the windows.`
    : `${name}: no window up to ${spanText(longest)} rules out the margin of ${marginOf(sli)}. Tolerate more, add units, or watch longer.`;
}

function postTable(sli: SliOutlook): Block | null {
  if (sli.posts.length === 0) return null;
  const answered = sli.posts.some(({ runs, answered: said }) => said < runs);
  return {
    type: "table",
    columns: [
      right("post window"),
      ...["would see", "in 4 of 5", "rules out", "ruled out", ...(answered ? ["answered"] : [])].map(right),
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
    columns: [left("with fewer units"), ...["would see", "in 4 of 5", "rules out"].map(right)],
    rows: sli.fewer.map(({ treated, control, mde, reach }) => [
      `${treated} treated, ${control} control`,
      harmText(sli, mde, ({ median }) => median),
      harmText(sli, mde, ({ p80 }) => p80),
      marginText(sli, reach, ({ median }) => median),
    ]),
  };
}
