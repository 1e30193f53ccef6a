import type { GithubApi } from "../../github/api.ts";
import type { IssueRecord, IssueText } from "../../github/issues.ts";
import { renderComment } from "../../report/views/comment.ts";
import { COMMENT_LIMIT } from "../../report/views/fit.ts";
import { type Delivery, deliveryOfGithub, type Prepared } from "./delivery.ts";
import { alertMessage, within } from "./message.ts";
import type { Occasion } from "./occasion.ts";

/** By this label our issues are found again. */
const LABEL = "deploy-impact";
/** GitHub takes 256 characters. */
const TITLE = 256;

type IssuePort = Pick<GithubApi, "listIssues" | "createIssue" | "updateIssue">;

/** One issue per deployment: opened by its first regression, brought up to date by every later verdict. */
export function prepareIssue(labels: readonly string[], occasion: Occasion, api: () => Promise<IssuePort>): Prepared {
  const marker = markerOf(occasion);
  const text = issueText(occasion, marker);
  const all = [...new Set([LABEL, ...labels])];
  return {
    request: {
      to: `an issue in ${occasion.verdict.tenant.repository}`,
      labels: all,
      title: text.title,
      body: text.body,
    },
    deliver: async (): Promise<Delivery> => {
      try {
        const port = await api();
        const existing = ours(await port.listIssues(LABEL), marker);
        const written =
          existing === null
            ? await port.createIssue({ ...text, labels: all })
            : await port.updateIssue(existing.number, text);
        return { kind: "sent", url: written.url };
      } catch (error) {
        return deliveryOfGithub(error);
      }
    },
  };
}

/** Brings an issue that exists up to date with a verdict that is no regression any more; without one nothing is done. */
export async function updateIssue(occasion: Occasion, port: IssuePort): Promise<string | null> {
  const marker = markerOf(occasion);
  const existing = ours(await port.listIssues(LABEL), marker);
  return existing === null ? null : (await port.updateIssue(existing.number, issueText(occasion, marker))).url;
}

function markerOf({ analysis }: Occasion): string {
  return `<!-- deploy-impact:issue:v1 ${analysis.id} -->`;
}

function issueText(occasion: Occasion, marker: string): IssueText {
  const body = renderComment(occasion.model, COMMENT_LIMIT - marker.length - 1);
  // The comment's own marker finds comments; an issue is not one.
  const content = body.startsWith(occasion.model.marker) ? body.slice(occasion.model.marker.length + 1) : body;
  return { title: within(alertMessage(occasion).title, TITLE), body: `${marker}\n${content}` };
}

/** The first one that a machine wrote: a copy of the marker by a person comes later and counts for nothing. */
function ours(issues: readonly IssueRecord[], marker: string): IssueRecord | null {
  const found = issues.filter(({ body, byBot }) => byBot && body.startsWith(marker));
  return found.toSorted((a, b) => a.number - b.number)[0] ?? null;
}
