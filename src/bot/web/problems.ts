import type { Answer } from "./answers.ts";
import { clearCookie } from "./cookies.ts";
import type { GithubProblem } from "./github-person.ts";
import { closeSession, type SignedIn } from "./session.ts";
import type { Site } from "./site.ts";
import { messagePage } from "./views/message.ts";

/** Says why GitHub could not be asked; without its answer nothing is shown, because nobody knows what may be. */
export function problemAnswer(
  site: Site,
  person: SignedIn | null,
  problem: GithubProblem,
  headers: Answer["headers"] = [],
): Answer {
  switch (problem.kind) {
    case "signed-out":
    case "stale-code":
      return messagePage(
        site,
        null,
        {
          status: 401,
          title: "GitHub no longer takes this sign-in",
          lines: ["It has expired, or was taken back in your settings on GitHub. Sign in again."],
          signIn: "/",
        },
        [...headers, clearCookie(site.cookies.session, site.isHttps)],
      );
    case "limited": {
      const wait = problem.seconds === null ? "a minute" : waitText(problem.seconds);
      const after = String(problem.seconds ?? 60);
      return messagePage(
        site,
        person,
        {
          status: 503,
          title: "GitHub asks us to wait",
          lines: [`Your limit of requests to GitHub is used up. Load this page again in ${wait}.`],
        },
        [...headers, ["retry-after", after]],
      );
    }
    case "misconfigured":
      site.log.error("GitHub refused the sign-in of this App", { reason: problem.detail });
      return messagePage(
        site,
        person,
        {
          status: 502,
          title: "This sign-in is not set up correctly",
          lines: [
            `GitHub says \`${problem.detail}\`. Whoever runs this bot has to check the client id, the client secret and the callback address of the App.`,
          ],
        },
        headers,
      );
    case "unavailable":
      site.log.warning("GitHub could not be asked for a person's access", { reason: problem.detail });
      return messagePage(
        site,
        person,
        {
          status: 502,
          title: "GitHub does not answer",
          lines: [
            "What you may see here is asked of GitHub, so nothing can be shown until it answers. Load this page again in a minute.",
          ],
        },
        headers,
      );
  }
}

/** The same, and a session whose token is dead is over. */
export async function problemOfSession(site: Site, person: SignedIn, problem: GithubProblem): Promise<Answer> {
  if (problem.kind === "signed-out") await closeSession(site, person.session);
  return problemAnswer(site, person, problem);
}

function waitText(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
