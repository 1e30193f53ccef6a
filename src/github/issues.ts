import { z } from "zod";
import { ask, ONCE, type PurposeOf, type Target } from "./ask.ts";
import type { Octokit } from "./client.ts";
import { PAGE_SIZE } from "./limits.ts";

export interface IssueRecord {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  /** True when an App or another machine wrote it. */
  readonly byBot: boolean;
  readonly url: string | null;
}

const issueSchema: z.ZodType<IssueRecord> = z
  .object({
    number: z.int(),
    title: z.string(),
    body: z.string().nullish(),
    user: z.object({ type: z.string().optional() }).nullish(),
    html_url: z.string().nullish(),
  })
  .transform((raw) => ({
    number: raw.number,
    title: raw.title,
    body: raw.body ?? "",
    byBot: raw.user?.type === "Bot",
    url: raw.html_url ?? null,
  }));

export interface IssueText {
  readonly title: string;
  readonly body: string;
}

export interface IssueCalls {
  /** Of any state that carry the label, newest first, without pull requests. */
  readonly listIssues: (label: string) => Promise<IssueRecord[]>;
  readonly createIssue: (issue: IssueText & { readonly labels: readonly string[] }) => Promise<IssueRecord>;
  readonly updateIssue: (number: number, issue: IssueText) => Promise<IssueRecord>;
}

export function issueCalls(octokit: Octokit, target: Target, purpose: PurposeOf): IssueCalls {
  const one = z.object({ pull_request: z.unknown().optional() }).loose();
  return {
    listIssues: async (label) => {
      const page = await ask(purpose("issues", "look for the issue"), z.array(one), () =>
        octokit.rest.issues.listForRepo({ ...target, labels: label, state: "all", per_page: PAGE_SIZE }),
      );
      return z.array(issueSchema).parse(page.filter(({ pull_request }) => pull_request === undefined));
    },
    createIssue: ({ title, body, labels }) =>
      ask(purpose("issues", "open an issue"), issueSchema, () =>
        octokit.rest.issues.create({ ...target, ...ONCE, title, body, labels: [...labels] }),
      ),
    updateIssue: (number, { title, body }) =>
      ask(purpose("issues", "update the issue"), issueSchema, () =>
        octokit.rest.issues.update({ ...target, issue_number: number, title, body }),
      ),
  };
}
