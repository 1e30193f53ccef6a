import { SubjectCheck } from "../../app/judge/check.ts";
import type { Subject } from "../../app/judge/subject.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { Step } from "./context.ts";

/** The check run of this analysis; the row knows it once it was written, so nobody has to look for it. */
export function heldCheck({ analysis, session, context }: Step, subject: Subject): SubjectCheck {
  const check = new SubjectCheck(session, subject);
  const { checkRunId: id, checkUrl: url } = analysis;
  if (id !== null) {
    check.adopt({
      id,
      name: subject.key.name,
      externalId: subject.key.externalId,
      completed: false,
      conclusion: null,
      // Never what is to be written: GitHub says by itself when nothing changes.
      title: null,
      summary: null,
      text: null,
      appSlug: null,
      appId: context.settings.appId,
      url,
    });
  }
  return check;
}

/** A check that could not be written because GitHub was away is tried again; a missing permission is not. */
export function passOn(check: Pick<SubjectCheck, "problem">): void {
  const { problem } = check;
  if (problem instanceof DeployImpactError && problem.code !== "GITHUB_PERMISSION") throw problem;
}
